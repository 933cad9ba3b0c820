import { strict as assert } from 'node:assert';
import { logNode, TAB } from './flows.ts';
import { type Person, permissionReply, signature, type Writing, written } from './meta-webhook.ts';
import { NodeRedProcess } from './node-red-process.ts';

const NUMBER = '334455667788990';
const SECRET = 'app-secret-of-the-test';
const PREVIOUS = 'app-secret-before-the-rotation';
const TOKEN = 'token-that-must-not-leak';
const VERIFY = 'verify me/+ç';

const FLOW = [
  TAB,
  {
    id: 'config',
    type: 'wa-call-config',
    name: '',
    // Nothing listens there: a webhook must not need the API.
    provider: 'custom',
    baseUrl: 'http://127.0.0.1:9',
    phoneNumberId: NUMBER,
    wabaId: '209876543210987',
    businessNumber: '+351211000100',
    webhookPath: '/whatsapp-calling',
    credentials: { accessToken: TOKEN, appSecret: SECRET, previousAppSecret: PREVIOUS, verifyToken: VERIFY },
  },
  {
    id: 'in',
    type: 'wa-call-permission-in',
    z: TAB.id,
    config: 'config',
    contact: '',
    wires: [['yes'], ['no'], ['no']],
  },
  logNode('yes', 'granted'),
  logNode('no', 'ended'),
];

const WRITINGS: Record<Writing, Person> = {
  escaped: { phone: '5511955500123', name: 'Ana Gonçalves / Čapek 📞' },
  plain: { phone: '5511955500124', name: 'Rui 👩🏽‍💻 "o\\s" \u2028 Ωmega' },
  spaced: { phone: '5511955500125', name: '  Zoë   \t Müller ' },
};

for (const [place, settings, root] of [
  ['at default settings', {}, ''],
  ["with httpNodeRoot '/api'", { httpNodeRoot: '/api' }, '/api'],
] as const) {
  describe(`webhooks in the real Node-RED ${place}`, function () {
    this.timeout(60_000);
    let red: NodeRedProcess;
    let address: string;

    before(async () => {
      red = await NodeRedProcess.start({ flows: FLOW, settings });
      address = `${red.origin}${root}/whatsapp-calling`;
      await listening();
    });
    after(() => red.stop());

    const post = (body: Buffer, headers: Record<string, string>) =>
      fetch(address, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'Content-Type': 'application/json', ...headers },
      });
    const signed = (body: Buffer, secret = SECRET) => ({ 'X-Hub-Signature-256': signature(body, secret) });
    const heard = (name: string) => red.log.filter((line) => line.includes(`[test:${name}]`));

    it('answers the handshake, and only with our verify token', async () => {
      const ask = (token: string) =>
        fetch(
          `${address}?${new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', 'hub.verify_token': token })}`,
        );
      const right = await ask(VERIFY);
      assert.equal(right.status, 200);
      assert.equal(await right.text(), '1158201444');
      for (const token of ['', 'wrong', `${VERIFY} `]) {
        const wrong = await ask(token);
        assert.equal(wrong.status, 403, token);
        assert.doesNotMatch(await wrong.text(), /1158201444/);
      }
    });

    for (const [writing, person] of Object.entries(WRITINGS) as [Writing, Person][]) {
      it(`takes a signed body, ${writing}, and hands its name on unharmed`, async () => {
        const body = written(permissionReply(NUMBER, person, 'accept', `yes-${writing}`), writing);
        assert.equal((await post(body, signed(body))).status, 200);
        const line = await red.waitForLog(new RegExp(`\\[test:granted\\].*${person.phone}`));
        const message = JSON.parse(line.slice(line.indexOf('{'))) as {
          contact: { name: string };
          permission: { status: string };
        };
        assert.equal(message.contact.name.trim(), person.name.trim());
        assert.equal(message.permission.status, 'granted');
      });
    }

    it('takes a second delivery of the same fact, in other bytes, and tells the flow once', async () => {
      const before = heard('granted').length;
      const [writing, person] = ['escaped', WRITINGS.escaped] as const;
      const reply = permissionReply(NUMBER, person, 'accept', `yes-${writing}`);
      for (const other of ['plain', 'spaced'] as const) {
        const body = written(reply, other);
        assert.equal((await post(body, signed(body))).status, 200);
      }
      await fenced();
      assert.equal(heard('granted').length, before + 1, 'only the fence');
    });

    it('takes what the secret before the rotation signed', async () => {
      const body = written(
        permissionReply(NUMBER, { phone: '5511955500126', name: 'Ida' }, 'accept', 'rotated'),
        'escaped',
      );
      assert.equal((await post(body, signed(body, PREVIOUS))).status, 200);
      await red.waitForLog(/\[test:granted\].*5511955500126/);
    });

    it('refuses forged, unsigned, re-serialised and half-signed bodies with 401, and they change nothing', async () => {
      const body = written(permissionReply(NUMBER, WRITINGS.escaped, 'reject', 'forged'), 'escaped');
      const again = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
      assert.notDeepEqual(again, body);
      const attempts: [string, Buffer, Record<string, string>][] = [
        ['unsigned', body, {}],
        ['signed with another secret', body, signed(body, 'guess')],
        ['signed with nothing', body, signed(body, '')],
        ['re-serialised', again, signed(body)],
        ['one byte more', Buffer.concat([body, Buffer.from(' ')]), signed(body)],
        ['cut signature', body, { 'X-Hub-Signature-256': signature(body, SECRET).slice(0, 40) }],
        ['without its prefix', body, { 'X-Hub-Signature-256': signature(body, SECRET).slice(7) }],
        ['in the older header', body, { 'X-Hub-Signature': signature(body, SECRET) }],
        ['as a form', body, { 'Content-Type': 'application/x-www-form-urlencoded' }],
      ];
      for (const [what, bytes, headers] of attempts) assert.equal((await post(bytes, headers)).status, 401, what);
      await fenced();
      assert.deepEqual(heard('ended'), []);
    });

    it('refuses more than 3 MB with 413, said or streamed, and goes on', async () => {
      const large = Buffer.alloc(3 * 1024 * 1024 + 1, ' ');
      assert.equal((await post(large, signed(large))).status, 413);
      const streamed = await fetch(address, {
        method: 'POST',
        body: new ReadableStream({
          start(controller) {
            for (let at = 0; at < large.length; at += 65536) controller.enqueue(large.subarray(at, at + 65536));
            controller.close();
          },
        }),
        headers: { 'Content-Type': 'application/json' },
        duplex: 'half',
      } as RequestInit);
      assert.equal(streamed.status, 413);
      await fenced();
    });

    it('says 200 to what it does not understand, and to other numbers, and tells the flow nothing', async () => {
      const before = heard('granted').length;
      const strange = {
        object: 'whatsapp_business_account',
        entry: [{ id: '1', changes: [{ field: 'news', value: { x: [] } }] }],
      };
      const foreign = permissionReply('999999999999999', WRITINGS.plain, 'reject', 'foreign');
      for (const content of [strange, foreign, { object: 'page' }]) {
        const body = written(content, 'escaped');
        assert.equal((await post(body, signed(body))).status, 200);
      }
      await fenced();
      assert.equal(heard('granted').length, before + 1, 'only the fence');
      assert.deepEqual(heard('ended'), []);
    });

    it('leaves the bodies of all other requests to Node-RED', async () => {
      assert.equal((await red.admin('/flows')).status, 200);
      await red.deploy(FLOW, 'nodes');
      await fenced();
    });

    it('stops listening when the config node is removed, and listens again when it is back', async () => {
      const body = written(permissionReply(NUMBER, WRITINGS.plain, 'accept', 'gone'), 'escaped');
      await red.deploy([TAB, logNode('yes', 'granted')]);
      assert.equal((await post(body, signed(body))).status, 404);
      await red.deploy(FLOW);
      await listening();
      await fenced();
    });

    it('writes neither token nor secrets nor whole phone numbers into the log', () => {
      const own = red.log.filter((line) => !line.includes('[test:')).join('\n');
      for (const secret of [TOKEN, SECRET, PREVIOUS, VERIFY, '5511955500123', '351211000100']) {
        assert.ok(!own.includes(secret), `${secret} in the log`);
      }
    });

    /** The number opens its store first: until then Meta gets a 404 and comes again. */
    async function listening(): Promise<void> {
      const deadline = Date.now() + 20_000;
      while ((await fetch(address)).status === 404) {
        if (Date.now() > deadline) throw new Error(`the webhook does not open\n${red.tail()}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    let fences = 0;
    /** Sends one more grant and waits for it: whatever came before it has been worked on. */
    async function fenced(): Promise<void> {
      const phone = `55119666${String(10000 + fences++)}`;
      const body = written(permissionReply(NUMBER, { phone, name: 'Fence' }, 'accept', `fence-${phone}`), 'plain');
      assert.equal((await post(body, signed(body))).status, 200);
      await red.waitForLog(new RegExp(`\\[test:granted\\].*${phone}`));
    }
  });
}
