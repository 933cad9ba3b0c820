import { strict as assert } from 'node:assert';
import { STATUS_LENGTH, Status } from '../../../lib/runtime/status.ts';
import { FakeNode } from './fake-node.ts';

describe('Status', () => {
  it('shows one colour and shape per meaning, and a key of the node type', () => {
    const node = new FakeNode('n1', 'wa-call-initiate');
    const status = new Status(node.asNode(), (key) => key);
    status.show('ringing', 'ringing');
    status.show('failed', 'failed');
    status.clear();
    assert.deepEqual(node.statuses, [
      { fill: 'blue', shape: 'dot', text: 'wa-call-initiate.status.ringing' },
      { fill: 'red', shape: 'ring', text: 'wa-call-initiate.status.failed' },
      {},
    ]);
  });

  it('makes texts with values on the server and cuts them', () => {
    const node = new FakeNode();
    const status = new Status(node.asNode(), (_key, values) => `${values.count} calls with many people`);
    status.show('connected', 'calls', { count: 12 });
    const text = node.statuses[0]?.text ?? '';
    assert.equal(text.length, STATUS_LENGTH);
    assert.ok(text.startsWith('12 calls'));
  });
});
