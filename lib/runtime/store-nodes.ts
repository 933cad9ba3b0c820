import type { StoreSettings } from './store-settings.ts';

/**
 * What permission store nodes hold. Not on the nodes themselves: the connection may have a password in it, and whoever gets
 * hold of a node (a Function node for example) shall not get that.
 */
const stores = new WeakMap<object, () => StoreSettings>();

export function keepStore(node: object, store: () => StoreSettings): void {
  stores.set(node, store);
}

/** @throws what the node threw when its settings were read; undefined if it is no permission store */
export function storeOf(node: unknown): StoreSettings | undefined {
  return typeof node === 'object' && node !== null ? stores.get(node)?.() : undefined;
}
