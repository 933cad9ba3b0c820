import { type Finding, fail, ok, unknown, warn } from './finding.ts';
import type { WebFailure, WebReply } from './web-request.ts';
import type { Trip } from './webhook-trip.ts';

/** Circumstances that tell one cause from another. */
export interface Circumstances {
  /** Webhooks have come since the start: the way from the provider works, whatever our own probe says. */
  eventsSeen: boolean;
  httpNodeAuth: boolean;
  /** The probe reaches Node-RED when it is sent to this machine directly. */
  localWorks: boolean;
}

/** The webhook's own words for a signature that does not fit (`lib/webhook/endpoint.ts`). */
const OUR_REFUSAL = /The signature does not fit/;
/** Meta gives up after about 20 s and wants less than one; half of it is already slow. */
const SLOW_MS = 5_000;

const FAILURES: Record<WebFailure['failure'], [id: string, what: string, next: string]> = {
  host_unknown: [
    'webhook_host_unknown',
    'The host of the public webhook address does not exist.',
    'Correct the address in the app’s dashboard, or the DNS entry of the host.',
  ],
  refused: [
    'webhook_unreachable',
    'Nothing answers at the public webhook address.',
    'Start the proxy or tunnel that leads to Node-RED, and open its port in the firewall.',
  ],
  timeout: [
    'webhook_unreachable',
    'The public webhook address does not answer in time.',
    'Open the port in the firewall, and check that the proxy or tunnel reaches Node-RED.',
  ],
  lost: [
    'webhook_unreachable',
    'The public webhook address hangs up without an answer.',
    'Check the proxy or tunnel that leads to Node-RED.',
  ],
  certificate: [
    'webhook_certificate',
    'The certificate of the public webhook address is not valid.',
    'Use a certificate of a public authority for this host, with its chain; Meta takes no self-signed one.',
  ],
  not_http: [
    'webhook_not_https',
    'The public webhook address does not speak HTTPS at this port.',
    'Correct scheme and port of the address.',
  ],
};

/** What a probe to the public address tells. */
export function judgePublicTrip({ reply, arrival, blind, forged, sent }: Trip, around: Circumstances): Finding[] {
  if ('failure' in reply) return [unreached(reply.failure, around)];
  if (arrival !== undefined) return arrived(arrival.body.equals(sent), arrival.trusted, arrival.header, reply);
  if (reply.status === 200) {
    if (blind !== true) return [otherAnswers('It said 200, but nothing came to this Node-RED.')];
    if (forged !== undefined && 'status' in forged && forged.status === 200)
      return [otherAnswers('It says 200 to a signature that fits nothing as well.')];
    return [works(reply)];
  }
  return [
    ...(blind === true && reply.status === 401 && OUR_REFUSAL.test(reply.text)
      ? [changed('The webhook refused a signature that was right when it left.')]
      : [turnedAway(reply, around)]),
  ];
}

type Reached = Exclude<WebReply, WebFailure>;

function arrived(
  intact: boolean,
  trusted: boolean,
  header: (name: string) => string | undefined,
  reply: Reached,
): Finding[] {
  if (!intact) return [changed('The probe came with other bytes than it was sent with.')];
  if (!trusted) {
    const signed = header('x-hub-signature-256') ?? header('x-webhook-signature') ?? header('authorization');
    return [
      signed === undefined
        ? fail(
            'webhook_signature_removed',
            'Something on the way takes the signature header away.',
            'The probe came without it. Without a signature every webhook is refused.',
            'Let the proxy pass the header X-Hub-Signature-256 on.',
          )
        : fail(
            'webhook_signature_changed',
            'Something on the way changes the signature header.',
            'The probe came with another signature than it was sent with.',
            'Let the proxy pass the header X-Hub-Signature-256 on as it is.',
          ),
    ];
  }
  if (reply.status === 503)
    return [
      fail(
        'webhook_store_down',
        'The webhook cannot store what comes in.',
        'It answered 503, and the provider sends everything again.',
        'Look at the findings about the permission store.',
      ),
    ];
  if (reply.status !== 200)
    return [
      fail(
        'webhook_answer_changed',
        `Something on the way answers ${reply.status} in place of our 200.`,
        'Meta takes every answer but 200 for a failure and sends everything again.',
        'Let the proxy pass the answer on as it is.',
      ),
    ];
  return [works(reply)];
}

function works(reply: Reached): Finding {
  if (reply.ms >= SLOW_MS)
    return warn(
      'webhook_slow',
      `A webhook takes ${(reply.ms / 1000).toFixed(1)} s to be answered.`,
      'Meta wants an answer within a second, and gives up after some.',
      'Look for a slow proxy or tunnel, or a busy machine.',
    );
  return ok(
    'webhook_round_trip',
    'A signed probe came back through the public webhook address, unchanged.',
    `It took ${Math.round(reply.ms)} ms.`,
  );
}

function changed(how: string): Finding {
  return fail(
    'webhook_body_changed',
    'Something on the way rewrites the body of webhooks.',
    `${how} The signature covers the exact bytes.`,
    'Switch off what parses, formats, scans or compresses bodies in the proxy, or exempt this path.',
  );
}

function otherAnswers(why: string): Finding {
  return fail(
    'webhook_other_answers',
    'Somebody else answers at the public webhook address.',
    why,
    'Let the address lead to this Node-RED; look for another instance, an old tunnel or a page of the proxy.',
  );
}

function unreached(failure: WebFailure['failure'], { eventsSeen }: Circumstances): Finding {
  const [id, what, next] = FAILURES[failure];
  if (eventsSeen && id === 'webhook_unreachable')
    return unknown(
      'webhook_not_from_here',
      'The public webhook address cannot be reached from this machine.',
      'Webhooks do arrive; many routers do not lead a machine to its own public address.',
      'Nothing, as long as webhooks arrive.',
    );
  return fail(id, what, 'Webhooks bring the answer to every call and every permission.', next);
}

function turnedAway({ status, location, loginWanted }: Reached, { httpNodeAuth, localWorks }: Circumstances): Finding {
  const said = `It answered ${status}, and nothing came to the webhook.`;
  if (status === 401 && (httpNodeAuth || loginWanted) && !localWorks && httpNodeAuth) return loginOfNodeRed();
  if (status === 401 || status === 407)
    return fail(
      'webhook_login',
      'Something before Node-RED wants a login for the webhook address.',
      `${said} Meta cannot log in.`,
      'Exempt the webhook path from the login of the proxy.',
    );
  if (status === 403)
    return fail(
      'webhook_forbidden',
      'Something before Node-RED refuses the webhook.',
      `${said} A firewall or filter does that.`,
      'Exempt the webhook path from the filter; Meta’s addresses change.',
    );
  if (status === 404 || status === 405)
    return fail(
      'webhook_path_wrong',
      'The public webhook address leads to a place where no webhook listens.',
      said,
      'Compare its path with "Webhook path", and with what the proxy adds or takes away.',
    );
  if (status >= 300 && status < 400)
    return fail(
      'webhook_redirected',
      'The public webhook address points to another one.',
      `${said} Meta does not follow${location === undefined ? '' : `: ${location.split('?')[0]?.slice(0, 100)}`}.`,
      'Enter the final address in the app’s dashboard, or exempt the path from the redirect.',
    );
  if (status === 413)
    return fail(
      'webhook_too_large',
      'Something before Node-RED refuses bodies of this size.',
      `${said} Meta sends up to 3 MB.`,
      'Raise the limit of the proxy for this path to 3 MB.',
    );
  if (status >= 500)
    return fail(
      'webhook_gateway',
      'The proxy before Node-RED does not reach it.',
      said,
      'Correct host and port of Node-RED in the proxy, and check that both run.',
    );
  return fail(
    'webhook_refused',
    'Something before Node-RED refuses the webhook.',
    said,
    'Look into the log of the proxy.',
  );
}

/** Node-RED itself wants a login. */
export function loginOfNodeRed(): Finding {
  return fail(
    'http_node_auth',
    'Node-RED wants a login for the webhook (httpNodeAuth in settings.js).',
    'Meta cannot log in, so nothing arrives.',
    'Remove httpNodeAuth, and protect other pages in another way; or let a proxy log in for this path.',
  );
}

/** What a probe to this machine's own address tells; undefined: it came, as it should. */
export function judgeLocalTrip(
  { reply, arrival }: Trip,
  { httpNodeAuth }: Pick<Circumstances, 'httpNodeAuth'>,
): Finding | undefined {
  if ('failure' in reply)
    return warn(
      'node_red_unreached',
      'This Node-RED does not answer at its own address.',
      'The probe did not get through on this machine.',
      'Check host and port (uiHost, uiPort) in settings.js.',
    );
  if (arrival?.trusted === true && reply.status === 200) return undefined;
  if (arrival === undefined && reply.status === 401 && httpNodeAuth) return loginOfNodeRed();
  if (arrival !== undefined) return arrived(true, arrival.trusted, arrival.header, reply)[0];
  if (reply.status === 500)
    return fail(
      'webhook_body_taken',
      'Another middleware of Node-RED reads the body before the webhook.',
      'Then no signature can be checked.',
      'Take body parsers out of httpNodeMiddleware in settings.js.',
    );
  if (reply.status === 404 || reply.status === 503)
    return fail(
      'webhook_closed',
      'Node-RED does not listen at the webhook path.',
      `It answered ${reply.status}.`,
      'Deploy the number, and look for the error that its configuration shows.',
    );
  return fail(
    'webhook_middleware',
    'Something in Node-RED refuses the webhook.',
    `It answered ${reply.status}.`,
    'Look at httpNodeMiddleware in settings.js.',
  );
}
