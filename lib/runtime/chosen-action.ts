import { ownProperty } from './own-property.ts';
import { asText } from './property.ts';
import { ReportableError } from './reportable-error.ts';

/**
 * What a node is to do: the action of its dialog, or with `message` the one that `msg.action` names.
 *
 * @param actions all that the node can do
 * @throws ReportableError `action_unknown`
 */
export function chosenAction<Action extends string>(
  actions: readonly Action[],
  configured: Action | 'message',
  msg: object,
): Action {
  const wanted = configured === 'message' ? asText(ownProperty(msg, 'action')) : configured;
  const found = actions.find((action) => action === wanted);
  if (found !== undefined) return found;
  throw new ReportableError(
    'action_unknown',
    `msg.action must say what to do: ${actions.join(', ')}. Set it, or choose an action in the node.`,
  );
}
