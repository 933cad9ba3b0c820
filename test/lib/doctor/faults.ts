import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import type { SetUp } from '../../../lib/doctor/create-subject.ts';
import type { Subject } from '../../../lib/doctor/subject.ts';
import type { WebFailure } from '../../../lib/doctor/web-request.ts';
import { inspectMedia } from '../../../lib/media/doctor/inspect-media.ts';
import type { Stand } from './stand.ts';

/** One thing that is wrong, and the only findings that may complain about it. */
export interface Fault {
  arrange?: (stand: Stand) => unknown;
  /** What is wrong in the settings. */
  change?: (setUp: SetUp, stand: Stand) => SetUp;
  /** What is wrong in the world around them. */
  spoil?: (subject: Subject) => Subject;
  finds: string[];
}

const account =
  (facts: object) =>
  ({ simulator }: Stand): unknown =>
    simulator.control.do('account', facts);
const number =
  (facts: object) =>
  ({ simulator }: Stand): unknown =>
    simulator.control.do('number', facts);
const provider =
  (part: Partial<SetUp['provider']>) =>
  (setUp: SetUp): SetUp => ({ ...setUp, provider: { ...setUp.provider, ...part } });
const webhook =
  (part: Partial<SetUp['webhook']>) =>
  (setUp: SetUp): SetUp => ({ ...setUp, webhook: { ...setUp.webhook, ...part } });
const disk =
  (facts: object) =>
  (setUp: SetUp): SetUp => ({ ...setUp, store: { ...setUp.store, disk: async () => ({ folder: '/data', ...facts }) } });
const graph =
  (fault: object) =>
  ({ simulator }: Stand): unknown =>
    simulator.control.do('faults', { graph: [{ kind: 'error', times: 100, ...fault }] as never });
const proxy =
  (fault: Stand['proxyFault']) =>
  (stand: Stand): void => {
    stand.proxyFault = fault;
  };
/** The public address fails as no server on loopback can. */
const outside =
  (failure: WebFailure['failure']) =>
  (subject: Subject): Subject => ({
    ...subject,
    webhook: {
      ...subject.webhook,
      send: (request) =>
        request.anyCertificate === true ? subject.webhook.send(request) : Promise.resolve({ failure }),
    },
  });
const clock =
  (shift: number) =>
  (setUp: SetUp): SetUp => ({ ...setUp, now: () => Date.now() + shift });
const media =
  (options: () => Promise<Parameters<typeof inspectMedia>[0]>) =>
  (setUp: SetUp): SetUp => ({
    ...setUp,
    media: async () => inspectMedia({ bindAddress: '127.0.0.1', allowLoopback: true, ...(await options()) }),
  });

/** UDP sockets that are taken and never answer; closed by `releasePorts`. */
const taken: Socket[] = [];
export function releasePorts(): void {
  for (const socket of taken.splice(0)) socket.close();
}
async function deafPort(): Promise<number> {
  const socket = createSocket('udp4');
  taken.push(socket);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return (socket.address() as AddressInfo).port;
}

const rewritten = (body: Buffer): Buffer => {
  const text = body.toString();
  return Buffer.from(text === '' ? '' : JSON.stringify(JSON.parse(text)));
};
const THE_OTHER = { status: 200, body: 'ok' };

export const FAULTS: Record<string, Fault> = {
  // Token
  'a wrong access token': { change: provider({ accessToken: 'EAAwrong0123456789' }), finds: ['token_invalid'] },
  'a token that was taken back': { arrange: account({ tokenValid: false }), finds: ['token_invalid'] },
  'a token that expires in an hour': { arrange: account({ tokenExpiresIn: 3600 }), finds: ['token_expires'] },
  'no permission for messages and calls': {
    arrange: account({ tokenScopes: ['whatsapp_business_management'] }),
    finds: ['token_lacks_messaging'],
  },
  'no permission for settings': {
    arrange: account({ tokenScopes: ['whatsapp_business_messaging'] }),
    finds: ['token_lacks_management'],
  },
  'a token for another account': {
    arrange: account({ tokenAccounts: ['555666777888999'] }),
    finds: ['token_other_account'],
  },
  // Number
  'the number itself in place of its id': {
    change: provider({ phoneNumberId: '351211000100' }),
    finds: ['number_unknown'],
  },
  'the id of another number': { arrange: account({ displayNumber: '+351 21 100 0199' }), finds: ['number_differs'] },
  'a number that is not registered': {
    arrange: account({ numberStatus: 'DISCONNECTED' }),
    finds: ['number_not_connected'],
  },
  'a test number': { arrange: number({ testNumber: true }), finds: ['number_is_test'] },
  'low quality': { arrange: account({ quality: 'RED' }), finds: ['number_quality'] },
  'a number of the United States': {
    arrange: number({ businessNumber: '12025550123' }),
    change: (setUp) => ({ ...setUp, businessPhone: '12025550123' }),
    finds: ['country_not_supported'],
  },
  'a messaging limit of 250': { arrange: number({ messagingLimit: 250 }), finds: ['messaging_limit_low'] },
  // Call settings
  'calling switched off': { arrange: (stand) => stand.settings({ status: 'DISABLED' }), finds: ['calling_disabled'] },
  'SIP switched on': { arrange: (stand) => stand.settings({ sip: { status: 'ENABLED' } }), finds: ['sip_enabled'] },
  'keys by SDES': {
    arrange: (stand) => stand.settings({ srtp_key_exchange_protocol: 'SDES' }),
    finds: ['encryption_sdes'],
  },
  'a pause for low quality': {
    arrange: async (stand) => {
      await number({ restricted: { seconds: 7200 } })(stand);
      await account({ quality: 'GREEN' })(stand);
    },
    finds: ['number_restricted'],
  },
  // Money
  'no payment method': {
    arrange: account({
      health: 'BLOCKED',
      healthErrors: [
        {
          error_code: 141006,
          error_description: 'There is an issue with the payment method.',
          possible_solution: 'Add one.',
        },
      ],
    }),
    finds: ['payment_missing'],
  },
  'an account that is limited for another reason': {
    arrange: account({
      health: 'LIMITED',
      healthErrors: [
        { error_code: 141010, error_description: 'The business is not verified.', possible_solution: 'Verify it.' },
      ],
    }),
    finds: ['health_troubled'],
  },
  // Webhooks, as the provider sees them
  'no app subscribed to the account': { arrange: account({ subscribed: false }), finds: ['app_not_subscribed'] },
  'the field calls not subscribed': { arrange: account({ fields: ['messages'] }), finds: ['field_calls_missing'] },
  'the field messages not subscribed': { arrange: account({ fields: ['calls'] }), finds: ['field_messages_missing'] },
  'the app’s webhook switched off': { arrange: account({ webhookActive: false }), finds: ['webhook_inactive'] },
  'the app secret of another app': { arrange: account({ secretDiffers: true }), finds: ['app_secret_wrong'] },
  'no webhook address': {
    arrange: account({ withoutWebhook: true }),
    finds: ['webhook_not_set', 'field_calls_missing', 'field_messages_missing'],
  },
  'no app secret': { change: provider({ appSecrets: [] }), finds: ['app_secret_missing'] },
  'no verify token': {
    change: (setUp) => {
      const { verifyToken: _none, ...rest } = setUp.provider;
      return { ...setUp, provider: rest };
    },
    finds: ['verify_token_missing'],
  },
  'a public address without https': {
    change: webhook({ publicUrl: 'http://flows.example.com/whatsapp-calling' }),
    finds: ['webhook_not_https'],
  },
  'webhooks that another secret signed': {
    arrange: (stand) =>
      fetch(stand.localUrl, { method: 'POST', body: '{}', headers: { 'x-hub-signature-256': 'sha256=00' } }),
    finds: ['webhooks_refused'],
  },
  'another verify token at Meta': {
    arrange: (stand) => fetch(`${stand.localUrl}?hub.mode=subscribe&hub.challenge=1&hub.verify_token=other`),
    finds: ['verify_token_differs'],
  },
  // What stands before the webhook
  'httpNodeAuth in front': {
    arrange: (stand) => {
      stand.nodeRed = { status: 401, headers: { 'www-authenticate': 'Basic' } };
    },
    change: webhook({ httpNodeAuth: true }),
    finds: ['http_node_auth'],
  },
  'httpNodeRoot false': { change: webhook({ httpDisabled: true }), finds: ['http_disabled'] },
  'a number that is not deployed': {
    change: webhook({ localUrl: undefined as never }),
    arrange: (stand) => {
      stand.nodeRed = { status: 404 };
    },
    finds: ['webhook_path_wrong'],
  },
  'a body parser in httpNodeMiddleware': {
    arrange: (stand) => {
      stand.nodeRed = { status: 500 };
    },
    finds: ['webhook_body_taken'],
  },
  'Node-RED does not listen at the path': {
    arrange: (stand) => {
      stand.nodeRed = { status: 404 };
    },
    finds: ['webhook_closed'],
  },
  'a proxy that rewrites the body': {
    arrange: proxy({ method: 'POST', body: rewritten }),
    finds: ['webhook_body_changed'],
  },
  'a proxy that adds a line end to the body': {
    arrange: proxy({ method: 'POST', body: (body) => Buffer.concat([body, Buffer.from('\r\n')]) }),
    finds: ['webhook_body_changed'],
  },
  'a proxy that drops the signature': {
    arrange: proxy({
      headers: (headers) => {
        delete headers['x-hub-signature-256'];
      },
    }),
    finds: ['webhook_signature_removed'],
  },
  'a proxy that spoils the signature': {
    arrange: proxy({
      headers: (headers) => {
        headers['x-hub-signature-256'] = String(headers['x-hub-signature-256']).toUpperCase();
      },
    }),
    finds: ['webhook_signature_changed'],
  },
  'a proxy that wants a login': {
    arrange: proxy({ answer: { status: 401, headers: { 'www-authenticate': 'Basic' } } }),
    finds: ['webhook_login'],
  },
  'a filter that forbids': { arrange: proxy({ answer: { status: 403 } }), finds: ['webhook_forbidden'] },
  'another path in the proxy': { arrange: proxy({ answer: { status: 404 } }), finds: ['webhook_path_wrong'] },
  'a redirect': {
    arrange: proxy({ answer: { status: 302, headers: { location: 'https://login.example.com/?next=1' } } }),
    finds: ['webhook_redirected'],
  },
  'a proxy that does not reach Node-RED': { arrange: proxy({ answer: { status: 502 } }), finds: ['webhook_gateway'] },
  'somebody else at the public address': { arrange: proxy({ answer: THE_OTHER }), finds: ['webhook_other_answers'] },
  'a proxy that answers 204': { arrange: proxy({ method: 'POST', status: 204 }), finds: ['webhook_answer_changed'] },
  'a proxy that passes POST only': {
    arrange: proxy({ method: 'GET', answer: { status: 405 } }),
    finds: ['webhook_handshake_failed'],
  },
  'a tunnel that hangs up': { arrange: proxy({ hangUp: true }), finds: ['webhook_unreachable'] },
  'a closed port': {
    change: webhook({ publicUrl: 'http://127.0.0.1:9/whatsapp-calling' }),
    finds: ['webhook_unreachable'],
  },
  'a host that does not exist': { spoil: outside('host_unknown'), finds: ['webhook_host_unknown'] },
  'a certificate that nobody trusts': { spoil: outside('certificate'), finds: ['webhook_certificate'] },
  'an override that leads elsewhere': {
    change: webhook({ publicUrl: 'http://127.0.0.1:9/elsewhere' }),
    finds: ['webhook_unreachable'],
  },
  // The way to the API
  'no way to the API': { change: provider({ baseUrl: 'http://127.0.0.1:9' }), finds: ['api_unreachable'] },
  'a page in place of the API': {
    arrange: proxy({ answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in</html>' } }),
    change: (setUp, stand) =>
      webhook({ publicUrl: stand.localUrl })(provider({ baseUrl: stand.publicUrl.replace(/\/[^/]*$/, '') })(setUp)),
    finds: ['api_other_answers'],
  },
  'an API that has trouble': { arrange: graph({ status: 503, code: 131016 }), finds: ['api_troubled'] },
  'an API version that has expired': {
    change: provider({ profile: 'custom', apiVersion: 'v19.0' }),
    finds: ['api_version_expired'],
  },
  // This machine
  'a clock an hour ahead': { change: clock(3_600_000), finds: ['clock_wrong'] },
  'a clock two minutes behind': { change: clock(-120_000), finds: ['clock_wrong'] },
  'a clock 25 seconds ahead': { change: clock(25_000), finds: ['clock_off'] },
  'all UDP ports taken': {
    change: media(async () => {
      const port = await deafPort();
      return { portRange: [port, port] };
    }),
    finds: ['media_sockets'],
  },
  'closed UDP: STUN does not answer': {
    change: media(async () => ({ iceServers: [{ urls: `stun:127.0.0.1:${await deafPort()}` }] })),
    finds: ['media_stun_failed'],
  },
  'closed UDP: TURN does not answer': {
    change: media(async () => ({
      iceServers: [{ urls: `turn:127.0.0.1:${await deafPort()}`, username: 'u', credential: 'p' }],
    })),
    finds: ['media_turn_failed'],
  },
  'a full disk': { change: disk({ refused: 'ENOSPC', freeBytes: 0 }), finds: ['disk_full'] },
  'a disk that is nearly full': { change: disk({ freeBytes: 90e6, syncMs: 2 }), finds: ['disk_low'] },
  'a folder that may not be written': {
    change: disk({ refused: 'EACCES', freeBytes: 9e9 }),
    finds: ['disk_not_writable'],
  },
  'a disk that is mounted read-only': {
    change: disk({ refused: 'EROFS', freeBytes: 9e9 }),
    finds: ['disk_not_writable'],
  },
  'a slow disk': { change: disk({ freeBytes: 9e9, syncMs: 450 }), finds: ['disk_slow'] },
  'a store that cannot be opened': {
    change: (setUp) => ({
      ...setUp,
      store: { ...setUp.store, health: () => Promise.reject(new Error('The file is on a network drive.')) },
    }),
    finds: ['store_broken'],
  },
};
