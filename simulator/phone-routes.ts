import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readJson, sendJson } from './http-exchange.ts';
import { answerRequest, changeProfile, sendMessage } from './permission-answers.ts';
import {
  answerWithBrowser,
  callBusiness,
  callOf,
  ignore,
  incomingCallOf,
  joinWithBrowser,
  ownCallOf,
  pressDigit,
} from './phone-actions.ts';
import { SimulatorError } from './simulator-error.ts';
import { review, templateVerdict } from './template-review.ts';
import { personBy, type World } from './world.ts';

/** What `simulator/phone/pages.ts` exports: the files of the phone page. */
export type PhonePage = (path: string) => { type: string; body: string | Buffer } | undefined;

const user = z.string().min(1);
const callId = z.string().min(1);
const ofCall = z.object({ user, callId: callId.optional() });

type Handler = (world: World, request: IncomingMessage) => Promise<unknown>;

/** An action with a JSON body, which it may rely on. */
function action<T>(schema: z.ZodType<T>, run: (world: World, body: T) => unknown): Handler {
  return async (world, request) => (await run(world, await readJson(request, schema))) ?? { ok: true };
}

const actions: Record<string, Handler> = {
  review: action(templateVerdict, review),
  message: action(z.object({ user, text: z.string().trim().min(1).max(4096) }), (world, { user, text }) => ({
    id: sendMessage(world, personBy(world, user), text),
  })),
  permission: action(
    z.object({ user, requestId: z.string().min(1), answer: z.enum(['temporary', 'permanent', 'reject']) }),
    (world, { user, requestId, answer }) => void answerRequest(world, personBy(world, user), answer, requestId),
  ),
  'profile-permission': action(z.object({ user, answer: z.enum(['permanent', 'revoke']) }), (world, { user, answer }) =>
    changeProfile(world, personBy(world, user), answer),
  ),
  'call/answer': action(z.object({ user, callId, sdp: z.string().min(1) }), async (world, { user, callId, sdp }) => ({
    sdp: await answerWithBrowser(world, incomingCallOf(world, personBy(world, user), ['ringing'], callId), sdp),
  })),
  'call/connected': action(z.object({ user, callId }), (world, { user, callId }) => {
    const person = personBy(world, user);
    // Only the business picks up a call of the person.
    if (world.calls.find(callId)?.direction === 'USER_INITIATED') ownCallOf(world, person, callId);
    else world.calls.pickUp(callOf(world, person, ['connecting', 'in_call'], callId));
  }),
  'call/decline': action(ofCall, (world, { user, callId }) =>
    world.calls.decline(incomingCallOf(world, personBy(world, user), ['ringing', 'connecting'], callId)),
  ),
  'call/ignore': action(ofCall, (world, { user, callId }) =>
    ignore(world, incomingCallOf(world, personBy(world, user), ['ringing'], callId)),
  ),
  'call/hangup': action(ofCall, (world, { user, callId }) =>
    world.calls.hangUp(callOf(world, personBy(world, user), ['ringing', 'connecting', 'in_call'], callId), 'person'),
  ),
  'call/digit': action(
    z.object({ user, callId: callId.optional(), digit: z.string().regex(/^[0-9*#]$/, 'one of 0-9, * and #') }),
    (world, { user, callId, digit }) =>
      pressDigit(world, callOf(world, personBy(world, user), ['in_call'], callId), digit),
  ),
  'call/start': action(z.object({ user, sdp: z.string().min(1) }), async (world, { user, sdp }) => {
    const placed = await callBusiness(world, personBy(world, user), { offer: sdp });
    return { callId: placed.call.id, sdp: placed.sdp };
  }),
  'call/join': action(z.object({ user, callId, sdp: z.string().min(1) }), async (world, { user, callId, sdp }) => ({
    sdp: await joinWithBrowser(world, ownCallOf(world, personBy(world, user), callId), sdp),
  })),
};

/** `/phone/*`: the page itself, what it reads, and what the person does on it. `path` is what follows `/phone/`. */
export async function phoneRoute(
  world: World,
  pages: PhonePage | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  path: string,
): Promise<void> {
  if (path === 'api/people' && request.method === 'GET') {
    const people = world.state.people.map(({ name, phone, userId, username }) => ({
      name,
      phone,
      userId,
      ...(username ? { username } : {}),
    }));
    sendJson(response, 200, { businessName: world.businessName, people });
  } else if (path === 'api/templates' && request.method === 'GET') {
    const templates = world.state.number.templates.map(({ name, language, category, status, components }) => ({
      ...{ name, language, category, status },
      text: components.find(({ type }) => type.toUpperCase() === 'BODY')?.text ?? '',
    }));
    sendJson(response, 200, { templates });
  } else if (path === 'api/events' && request.method === 'GET') {
    world.hub.open(personBy(world, url.searchParams.get('user') ?? ''), response);
  } else if (path.startsWith('api/')) {
    const handler = actions[path.slice(4)];
    if (!handler || request.method !== 'POST')
      throw new SimulatorError('not_found', 'The phone has no such function.', 'Check method and path.', 404);
    const answer = await handler(world, request);
    world.save();
    sendJson(response, 200, answer);
  } else {
    const page = request.method === 'GET' ? pages?.(path) : undefined;
    if (!page) throw new SimulatorError('not_found', 'The phone page has no such file.', 'Open /phone/.', 404);
    response.writeHead(200, {
      'Content-Type': page.type,
      'Content-Length': Buffer.byteLength(page.body),
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(page.body);
  }
}
