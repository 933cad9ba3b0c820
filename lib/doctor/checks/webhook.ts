import { randomInt } from 'node:crypto';
import type { Check } from '../check.ts';
import { type Facts, itemOf, textOf } from '../facts.ts';
import { type Finding, fail, ok, unknown, warn } from '../finding.ts';
import { judgeLocalTrip, judgePublicTrip, loginOfNodeRed } from '../judge-trip.ts';
import type { Subject } from '../subject.ts';
import { travel } from '../webhook-trip.ts';

/** The way in: the address that the provider has, what stands before it, and whether a signed probe comes through unchanged. */
export const webhook: Check = {
  name: 'Webhook',
  async run(subject, facts) {
    const { webhook: way } = subject;
    if (way.httpDisabled)
      return [
        fail(
          'http_disabled',
          'settings.js sets httpNodeRoot to false.',
          'WhatsApp cannot reach this Node-RED.',
          'Give httpNodeRoot a path and restart.',
        ),
      ];
    if (!way.hasAppSecret)
      return [
        fail(
          'app_secret_missing',
          'There is no app secret.',
          'Without it every webhook is refused: nobody could tell whose it is.',
          'Copy the app secret from the app’s dashboard (Settings, Basic).',
        ),
      ];
    const history = judgeHistory(subject);
    const inside = await lookInside(subject);
    if (inside !== undefined) return [inside, ...history];
    const address = await publicAddress(subject, facts);
    if ('findings' in address) return [...address.findings, ...history];
    return [...address.warnings, ...(await lookOutside(subject, address.url)), ...history];
  },
};

/** What Node-RED itself does with a webhook, before anything outside is blamed. */
async function lookInside({ webhook: way }: Subject): Promise<Finding | undefined> {
  if (way.localUrl === undefined || way.watch === undefined) return undefined;
  return judgeLocalTrip(await travel(way, way.localUrl, true), { httpNodeAuth: way.httpNodeAuth });
}

type Address = { url: string; warnings: Finding[] } | { findings: Finding[] };

async function publicAddress({ webhook: way, provider }: Subject, facts: Facts): Promise<Address> {
  const known = way.publicUrl ?? (await toldAddress(facts));
  if (known === 'none')
    return {
      findings: [
        fail(
          'webhook_not_set',
          'The provider has no webhook address.',
          'Then nothing arrives here.',
          'Enter the webhook address (the number’s configuration shows it) and the verify token in the app’s dashboard.',
        ),
      ],
    };
  if (known === undefined) {
    if (way.httpNodeAuth && way.localUrl === undefined) return { findings: [loginOfNodeRed()] };
    return {
      findings: [
        unknown(
          'webhook_unseen',
          'The public webhook address is not known.',
          'This provider does not tell it.',
          'Give the public address to the check, or send a message to the number and see whether it arrives.',
        ),
      ],
    };
  }
  if (!URL.canParse(known))
    return {
      findings: [
        fail(
          'webhook_not_https',
          'The public webhook address is not a web address.',
          'Meta takes https only.',
          'Enter a whole address that begins with https://.',
        ),
      ],
    };
  const url = new URL(known);
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(local && provider !== 'meta'))
    return {
      findings: [
        fail(
          'webhook_not_https',
          'The public webhook address does not begin with https.',
          'Meta sends webhooks over HTTPS only.',
          'Put a proxy or tunnel with a certificate before Node-RED, and enter its https address.',
        ),
      ],
    };
  const warnings: Finding[] = [];
  // A proxy may map paths; whether it does is seen by the probe. Said only if the probe cannot tell.
  if (way.watch === undefined && bare(url.pathname) !== bare(way.path))
    warnings.push(
      warn(
        'webhook_path_differs',
        `The public address ends with ${url.pathname}, the number’s webhook path is ${way.path}.`,
        'Unless a proxy maps one to the other, nothing arrives.',
        'Correct one of the two.',
      ),
    );
  return { url: known, warnings };
}

const bare = (path: string): string => path.toLowerCase().replace(/\/+$/, '');

/** The nearest override wins: number, account, app (webhook overrides, 23 Mar 2026). */
async function toldAddress(facts: Facts): Promise<string | 'none' | undefined> {
  const answer = await facts.number();
  const configuration = answer.ok ? itemOf(answer.body.webhook_configuration) : undefined;
  if (configuration === undefined) return undefined;
  const { phone_number, whatsapp_business_account, application } = configuration;
  return textOf(phone_number) ?? textOf(whatsapp_business_account) ?? textOf(application) ?? 'none';
}

async function lookOutside(subject: Subject, url: string): Promise<Finding[]> {
  const { webhook: way } = subject;
  const trip = await travel(way, url);
  const eventsSeen = (way.received?.().events ?? 0) > 0;
  const findings = judgePublicTrip(trip, {
    eventsSeen,
    httpNodeAuth: way.httpNodeAuth,
    localWorks: way.localUrl !== undefined,
  });
  if (findings.some(({ level }) => level !== 'ok')) return findings;
  return [...findings, ...(await shakeHands(subject, url))];
}

/** The handshake by which Meta confirms an address. */
async function shakeHands({ webhook: way }: Subject, address: string): Promise<Finding[]> {
  if (way.verifyToken === undefined)
    return [
      warn(
        'verify_token_missing',
        'There is no verify token.',
        'Meta cannot confirm the webhook address a second time.',
        'Enter any text of your own, and the same in the app’s dashboard.',
      ),
    ];
  const url = new URL(address);
  const challenge = String(randomInt(1_000_000_000, 2_000_000_000));
  url.searchParams.set('hub.mode', 'subscribe');
  url.searchParams.set('hub.challenge', challenge);
  url.searchParams.set('hub.verify_token', way.verifyToken);
  const reply = await way.send({ url: url.href, method: 'GET' });
  if ('status' in reply && reply.status === 200 && reply.text.trim() === challenge)
    return [ok('webhook_handshake', 'The webhook address confirms a subscription.', 'It echoed the challenge.')];
  const said = 'status' in reply ? `It answered ${reply.status}.` : 'It did not answer.';
  return [
    fail(
      'webhook_handshake_failed',
      'The webhook address does not confirm a subscription.',
      `${said} Webhooks come through, the handshake (GET with the verify token) does not.`,
      'Let the proxy pass GET with its query on to Node-RED.',
    ),
  ];
}

/** What has come in since the start speaks for itself. */
function judgeHistory({ webhook: way }: Subject): Finding[] {
  const { events, refused, handshakesRefused } = way.received?.() ?? { events: 0, refused: 0, handshakesRefused: 0 };
  const findings: Finding[] = [];
  if (refused > 0) {
    const words = `${refused.toLocaleString('en-US')} webhooks with a wrong signature came since the start${events === 0 ? ', and none with a right one' : ''}.`;
    const next =
      'Copy the app secret from the dashboard of the app that sends the webhooks. Strangers who try are refused as well, and harmless.';
    findings.push(
      events === 0
        ? fail('webhooks_refused', words, 'The app secret is probably that of another app.', next)
        : warn('webhooks_refused', words, 'A second app may send webhooks here, or somebody tries.', next),
    );
  }
  if (handshakesRefused > 0)
    findings.push(
      warn(
        'verify_token_differs',
        'Somebody tried to confirm the webhook address with another verify token.',
        'Meta does so when the address is entered in the app’s dashboard.',
        'Enter the same verify token in the dashboard and here.',
      ),
    );
  return findings;
}
