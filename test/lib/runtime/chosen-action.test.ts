import { strict as assert } from 'node:assert';
import { chosenAction } from '../../../lib/runtime/chosen-action.ts';

const ACTIONS = ['read', 'change'] as const;

describe('what a node is to do', () => {
  it('is what its dialog says, whatever the message has', () => {
    assert.equal(chosenAction(ACTIONS, 'read', { action: 'change' }), 'read');
  });

  it('is what the message says where the dialog leaves it to the message', () => {
    assert.equal(chosenAction(ACTIONS, 'message', { action: ' change ' }), 'change');
  });

  for (const msg of [
    {},
    { action: '' },
    { action: 'erase' },
    { action: 'READ' },
    { action: ['read'] },
    { action: { toString: () => 'read' } },
    { action: null },
    Object.create({ action: 'read' }) as object,
  ])
    it(`is refused with the words that fit: ${JSON.stringify(msg)}`, () => {
      assert.throws(() => chosenAction(ACTIONS, 'message', msg), {
        code: 'action_unknown',
        message: /read, change/,
      });
    });
});
