/** A property that a message has itself; what it inherits (`constructor`, a polluted prototype) is not what a flow wrote. */
export function ownProperty(msg: object, name: string): unknown {
  return Object.hasOwn(msg, name) ? (msg as Record<string, unknown>)[name] : undefined;
}
