import type { Ledger } from '../../../lib/ledger/ledger.ts';
import {
  choice,
  count,
  flag,
  json,
  list,
  name,
  object,
  optional,
  phone,
  type Shape,
  seconds,
  text,
  time,
  userId,
} from './spoiled.ts';
import { ANA, NOON, NUMBER } from './stand.ts';

/** More than a file of do-not-call numbers can be. */
const TOO_LONG = '5'.repeat(50_000_001);

const contact = object({
  phone: optional(phone(ANA.phone ?? '')),
  userId: optional(userId('BR.1')),
  parentUserId: optional(userId('BR.ENT.1')),
  name: optional(text('Ana')),
  language: optional(text('pt')),
  timeZone: optional(text('America/Sao_Paulo')),
});
const businessNumber = object({ id: name(NUMBER.id), phone: phone(NUMBER.phone) });
const numberId = text(NUMBER.id);
const reservationId = name('r1');
const page = (most: number) => ({
  after: optional(count(0, Number.MAX_SAFE_INTEGER)),
  limit: optional(count(10, most)),
});

const event = { id: name('e1'), at: time(NOON), businessNumberId: numberId };
const callEvent = {
  ...event,
  callId: name('wacid.1'),
  contact: { ...contact, optional: true },
  correlationId: optional(text('r1')),
};
const errors = list(object({ code: text('1'), message: text('m'), details: optional(text('d')) }), 10_000);
const events = (fields: Record<string, Shape>): Shape[] => [list(object(fields), 10_000)];

/**
 * Every method of the ledger that takes something, with the arguments it takes. Where a method takes several kinds of things
 * there is one row for each.
 */
export const INPUT: readonly [keyof Ledger, Shape[]][] = [
  [
    'reserveRequest',
    [
      object({
        businessNumber,
        contact,
        purpose: text('order'),
        via: choice('auto'),
        hasTemplate: flag(true),
        template: optional(text('ask')),
        promisedBy: optional(time(NOON)),
      }),
    ],
  ],
  [
    'reserveCall',
    [
      object({
        businessNumber,
        contact,
        purpose: text('order'),
        origin: { ...object({ nodeId: text('n'), data: optional(json({ a: 1 })) }), optional: true },
      }),
    ],
  ],
  [
    'settle',
    [
      reservationId,
      object({ state: choice('consumed'), providerId: name('wamid.1'), contact: { ...contact, optional: true } }),
    ],
  ],
  ['settle', [reservationId, object({ state: choice('released'), why: text('x') })]],
  ['settle', [reservationId, object({ state: choice('unknown'), why: text('x') })]],
  [
    'append',
    events({
      ...callEvent,
      type: choice('call.connect'),
      direction: choice('outbound'),
      session: { ...object({ type: choice('answer'), sdp: text('v=0') }), optional: true },
    }),
  ],
  ['append', events({ ...callEvent, type: choice('call.ringing') })],
  ['append', events({ ...callEvent, type: choice('call.accepted') })],
  ['append', events({ ...callEvent, type: choice('call.rejected') })],
  [
    'append',
    events({
      ...callEvent,
      type: choice('call.terminated'),
      direction: optional(choice('outbound')),
      status: choice('completed'),
      startedAt: optional(time(NOON)),
      endedAt: optional(time(NOON)),
      durationSeconds: optional(seconds(1)),
      errors,
    }),
  ],
  [
    'append',
    events({
      ...event,
      type: choice('permission.replied'),
      contact,
      response: choice('accept'),
      permanent: flag(true),
      expiresAt: optional(time(NOON)),
      source: choice('user_action'),
      contextId: optional(text('wamid.1')),
    }),
  ],
  [
    'append',
    events({
      ...event,
      type: choice('message.received'),
      contact,
      messageId: text('wamid.1'),
      text: optional(text('Hi')),
      payload: optional(text('p')),
    }),
  ],
  [
    'append',
    events({
      ...event,
      type: choice('message.status'),
      messageId: text('wamid.1'),
      status: text('failed'),
      contact: { ...contact, optional: true },
      errors,
    }),
  ],
  [
    'append',
    events({
      ...event,
      type: choice('account.restricted'),
      restriction: text('R'),
      until: optional(time(NOON)),
      warning: flag(true),
    }),
  ],
  [
    'append',
    events({ ...event, type: choice('unknown'), field: text('f'), raw: { ...json({ a: 1 }), optional: true } }),
  ],
  ['dispatched', [list(text('e1'), 100_000)]],
  ['undispatched', [numberId]],
  ['endRequested', [reservationId, choice('cancelled')]],
  [
    'finishCall',
    [reservationId, object({ outcome: choice('failed'), at: time(NOON), errorCode: optional(text('1')) })],
  ],
  ['liveCalls', [numberId]],
  ['findCall', [object({ reservationId: optional(name('r1')), callId: optional(name('wacid.1')) })]],
  ['adopt', [list(name('r1'), 100_000)]],
  ['claimCall', [name('wacid.1'), optional(text('support'))]],
  [
    'callRecords',
    [
      object({
        businessNumberId: numberId,
        contact: { ...contact, optional: true },
        from: optional(time(NOON)),
        to: optional(time(NOON)),
        direction: optional(choice('inbound')),
        outcome: optional(choice('missed')),
        after: optional(text('r1')),
        limit: optional(count(10, 1_000)),
      }),
    ],
  ],
  ['noteRecording', [reservationId, object({ file: name('/r/1.wav'), seconds: optional(seconds(1)) })]],
  ['noteScore', [reservationId, count(4, 5)]],
  ['noteCallEnd', [reservationId, object({ endedBy: choice('us'), error: optional(object({ code: text('1') })) })]],
  [
    'addCallback',
    [
      object({
        businessNumberId: numberId,
        contact,
        source: choice('flow'),
        purpose: optional(name('p')),
        note: optional(text('n')),
        dueAt: optional(time(NOON)),
        key: optional(name('k')),
      }),
    ],
  ],
  [
    'callbacks',
    [
      object({
        businessNumberId: numberId,
        state: optional(choice('open')),
        contact: { ...contact, optional: true },
        after: optional(text('c1')),
        limit: optional(count(10, 1_000)),
      }),
    ],
  ],
  [
    'claimCallback',
    [
      object({
        businessNumberId: numberId,
        id: optional(name('c1')),
        by: name('agent'),
        leaseSeconds: optional(seconds(60)),
      }),
    ],
  ],
  [
    'finishCallback',
    [
      name('c1'),
      object({ state: choice('done'), callId: { ...reservationId, optional: true }, note: optional(text('n')) }),
    ],
  ],
  ['status', [numberId, contact]],
  ['explain', [businessNumber, contact, optional(text('order'))]],
  [
    'correct',
    [
      object({
        businessNumber,
        contact,
        says: choice('permanent'),
        expiresAt: optional(time(NOON)),
        retryAt: optional(time(NOON)),
      }),
    ],
  ],
  ['doNotCall', [numberId, contact, object({ listed: flag(true), source: name('s') })]],
  [
    'importDoNotCall',
    [
      numberId,
      { kind: 'leaf', good: '', bad: [7, null, {}, true, () => 1, new Array(1_000_001).fill(ANA.phone), TOO_LONG] },
      object({ source: name('s'), defaultCountry: optional(text('BR')) }),
    ],
  ],
  ['doNotCallList', [object({ businessNumberId: numberId, ...page(10_000) })]],
  ['stillAllowed', [reservationId]],
  ['claimOptOutConfirmation', [numberId, contact]],
  [
    'audit',
    [
      object({
        businessNumberId: optional(numberId),
        contact: { ...contact, optional: true },
        afterSeq: optional(count(0, Number.MAX_SAFE_INTEGER)),
        from: optional(time(NOON)),
        to: optional(time(NOON)),
        limit: optional(count(1, 100_000)),
        unmasked: optional(flag(true)),
      }),
    ],
  ],
  ['erase', [numberId, contact]],
  ['list', [object({ businessNumberId: numberId, status: optional(choice('granted')), ...page(1_000) })]],
  [
    'statistics',
    [
      object({
        businessNumberId: numberId,
        from: optional(time(NOON)),
        to: optional(time(NOON)),
        purpose: optional(text('order')),
        template: optional(text('ask')),
      }),
    ],
  ],
];

/** Methods that take nothing. */
export const WITHOUT_INPUT: readonly (keyof Ledger)[] = ['sweep', 'nextLapse', 'verifyAudit', 'health', 'close'];
