import type { Check } from '../check.ts';
import { fail, ok, warn } from '../finding.ts';

const NETWORK = new Set([
  'provider_host_unknown',
  'provider_unreachable',
  'provider_timeout',
  'provider_connection_lost',
]);
/** Something answers, but not the provider. */
const IMPOSTOR = new Set([
  'provider_reply_unreadable',
  'provider_reply_too_large',
  'provider_redirect',
  'provider_not_found',
]);

/** Whether the provider's API is reached at all. Other checks then leave it unsaid. */
export const reach: Check = {
  name: 'API',
  async run({ graph, phoneNumberId }, facts) {
    const answer = await facts.basic();
    if (answer.ok)
      return [ok('api_reached', 'The provider’s API answers.', `It was asked about the number ${phoneNumberId}.`)];
    const { error } = answer;
    const said = error.message;
    if (NETWORK.has(error.code)) {
      // The first question may have had bad luck.
      const second = await graph.read(`/${phoneNumberId}`, { fields: 'id' });
      if (!second.ok && NETWORK.has(second.error.code))
        return [fail('api_unreachable', 'The provider’s API cannot be reached.', said, error.nextStep)];
      return [
        warn(
          'api_unsteady',
          'The provider’s API was reached only at the second try.',
          said,
          'Check the network of this machine.',
        ),
      ];
    }
    if (error.code === 'provider_tls_failed')
      return [fail('api_certificate', 'There is no secure connection to the provider’s API.', said, error.nextStep)];
    if (error.code === 'provider_proxy_refused')
      return [
        fail('api_proxy_login', 'The proxy between this machine and the provider wants a login.', said, error.nextStep),
      ];
    if (IMPOSTOR.has(error.code))
      return [fail('api_other_answers', 'Something else than the provider’s API answers.', said, error.nextStep)];
    if (error.kind === 'transient')
      return [
        warn(
          'api_troubled',
          'The provider’s API has trouble at the moment.',
          said,
          'Run the check again in some minutes.',
        ),
      ];
    return [ok('api_reached', 'The provider’s API answers.', 'It refused the question, which another check explains.')];
  },
};
