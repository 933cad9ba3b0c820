/** A node of a flow file. Its own properties lie beside these. */
export interface FlowNode {
  id: string;
  type: string;
  /** The tab it lies on; config nodes have none. */
  z?: string;
  wires?: string[][];
  credentials?: Record<string, string>;
  [property: string]: unknown;
}

export const TAB: FlowNode = { id: 'tab', type: 'tab', label: 'Test' };

/** Writes what it receives into the log, as one line `[test:NAME] JSON` that `waitForLog` finds. */
export function logNode(id: string, name: string): FlowNode {
  return {
    id,
    type: 'function',
    z: TAB.id,
    name,
    func: `node.log(${JSON.stringify(`[test:${name}] `)} + JSON.stringify(msg)); return null;`,
    outputs: 0,
    wires: [],
  };
}

/** A button without its own schedule; press it with `NodeRedProcess.inject`. */
export function injectNode(id: string, wires: string[], props: Record<string, string> = {}): FlowNode {
  return {
    id,
    type: 'inject',
    z: TAB.id,
    props: Object.entries(props).map(([p, v]) => ({ p, v, vt: 'str' })),
    repeat: '',
    once: false,
    wires: [wires],
  };
}
