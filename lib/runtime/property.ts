import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { ReportableError, redact } from './reportable-error.ts';

/** A typed input of the editor: the value and where to look it up. */
export interface Property {
  value: string;
  /** `msg`, `flow`, `global`, `str`, `num`, `bool`, `json`, `env` or `jsonata`. */
  type: string;
}

/**
 * Looks a typed input up. `undefined` if there is nothing; an expression that cannot be evaluated is a
 * `ReportableError` with code `property_invalid`.
 *
 * @param name what the value is, for the error's sentence
 */
export function evaluateProperty(
  RED: Pick<NodeAPI, 'util'>,
  node: Node,
  msg: NodeMessage,
  property: Property,
  name: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const why = error instanceof Error ? error.message : String((error as { message?: unknown })?.message ?? error);
      reject(
        new ReportableError(
          'property_invalid',
          `The ${name} could not be read from ${property.type} "${redact(property.value)}": ${redact(why)}. Check the field in the node's dialog.`,
        ),
      );
    };
    if (property.value === '' && property.type !== 'str') return resolve(undefined);
    // `msg.a.b` with no `a` is "nothing there", not a mistake of the flow's author.
    if (property.type === 'msg') return resolve(lookUp(RED, msg, property.value));
    try {
      RED.util.evaluateNodeProperty(property.value, property.type, node, msg, (error: Error | null, value: unknown) =>
        error ? fail(error) : resolve(value),
      );
    } catch (error) {
      fail(error);
    }
  });
}

function lookUp(RED: Pick<NodeAPI, 'util'>, msg: NodeMessage, path: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, path);
  } catch {
    return undefined;
  }
}

/** A looked-up value as a trimmed text; numbers are accepted (phone numbers typed as such), anything else is empty. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
}
