import { EventEmitter } from 'node:events';
import type { Node } from 'node-red';

/** A node without Node-RED: remembers what it was told. */
export class FakeNode extends EventEmitter {
  readonly id: string;
  readonly type: string;
  readonly statuses: { fill?: string; shape?: string; text?: string }[] = [];
  readonly errors: unknown[] = [];
  readonly warnings: unknown[] = [];
  readonly sent: unknown[] = [];

  constructor(id = 'n1', type = 'wa-call-test') {
    super();
    this.id = id;
    this.type = type;
  }
  status(status: { text?: string }): void {
    this.statuses.push(status);
  }
  error(error: unknown): void {
    this.errors.push(error);
  }
  warn(warning: unknown): void {
    this.warnings.push(warning);
  }
  send(message: unknown): void {
    this.sent.push(message);
  }
  asNode(): Node {
    return this as unknown as Node;
  }
}
