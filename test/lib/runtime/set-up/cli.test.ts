import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../../../lib/doctor/finding.ts';
import { readUserDirectory } from '../../../../lib/runtime/set-up/user-directory.ts';
import { checkout } from '../../../checkout.mts';
import { PATH, Stand } from '../../doctor/stand.ts';

const CLI = join(checkout, 'lib', 'runtime', 'set-up', 'cli.ts');

/** As Node-RED writes it: initialisation vector in hexadecimal, then the cipher text in base64. */
function encrypted(credentials: object, secret: string): string {
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(secret).digest(), vector);
  const text = cipher.update(JSON.stringify(credentials), 'utf8', 'base64') + cipher.final('base64');
  return JSON.stringify({ $: vector.toString('hex') + text });
}

interface Ran {
  status: number;
  output: string;
  error: string;
}
const run = (args: string[], environment: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const clean = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };
    const options = {
      env: { ...clean, NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', ...environment },
    };
    execFile(process.execPath, [CLI, ...args], options, (failure, output, error) =>
      resolve({ status: failure === null ? 0 : Number(failure.code), output, error }),
    );
  });

describe('whatsapp-calling-doctor', function () {
  this.timeout(60_000);
  const stand = new Stand();
  let userDir: string;
  const number = () => ({
    id: 'n1',
    type: 'wa-call-config',
    name: 'Sales',
    provider: 'custom',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own way to name a variable
    baseUrl: '${TEST_BASE_URL}',
    phoneNumberId: stand.provider.phoneNumberId,
    wabaId: stand.provider.wabaId,
    businessNumber: '+351 21 100 0100',
    webhookPath: PATH,
    mediaBindAddress: '127.0.0.1',
  });
  const secrets = () => ({
    accessToken: stand.provider.accessToken,
    appSecret: stand.provider.appSecrets[0] ?? '',
    verifyToken: stand.provider.verifyToken ?? '',
  });
  const write = (flows: object[], secret = 'from the runtime', folder = userDir): void => {
    writeFileSync(join(folder, 'flows.json'), JSON.stringify(flows));
    writeFileSync(join(folder, 'flows_cred.json'), encrypted({ n1: secrets() }, secret));
    writeFileSync(join(folder, '.config.runtime.json'), JSON.stringify({ _credentialSecret: 'from the runtime' }));
  };
  const environment = () => ({ TEST_BASE_URL: stand.simulator.url });

  before(() => stand.start());
  after(() => stand.close());
  beforeEach(async () => {
    userDir = mkdtempSync(join(tmpdir(), 'wa-doctor-cli-'));
    await stand.heal();
  });
  afterEach(() => rmSync(userDir, { recursive: true, force: true }));

  it('examines the number of a Node-RED, with its encrypted credentials, and says that nothing is wrong', async () => {
    write([number()]);
    const { status, output, error } = await run(['--user-dir', userDir], environment());
    assert.equal(status, 0, output + error);
    assert.match(output, /✔ The access token is valid/);
    assert.match(output, /✔ A signed probe came back through the public webhook address, unchanged\./);
    assert.match(output, /\nno faults, no warnings, (\d+ not looked at, )?\d+ right\n$/);
    for (const secret of Object.values(secrets())) assert.ok(!output.includes(secret) && !error.includes(secret));
    assert.equal(stand.endpoint.statistics().refused, 0, 'its own broken probe is counted as nobody’s');
  });

  it('names faults and what to do, as text and as JSON, and ends with 1', async () => {
    write([number()]);
    stand.proxyFault = { method: 'POST', body: (body) => Buffer.from(JSON.stringify(JSON.parse(body.toString()))) };
    await stand.simulator.control.do('account', { tokenScopes: ['whatsapp_business_management'] });
    const text = await run(['--user-dir', userDir, '--config', 'Sales'], environment());
    assert.equal(text.status, 1);
    assert.match(text.output, /✖ Something on the way rewrites the body of webhooks\.\n {2}.+\n {2}→ .+/);
    const json = await run(['--user-dir', userDir, '--json'], environment());
    const { findings } = JSON.parse(json.output) as { findings: Finding[] };
    assert.deepEqual(
      findings.filter(({ level }) => level === 'fail').map(({ id }) => id),
      ['token_lacks_messaging', 'webhook_body_changed'],
    );
  });

  it('finds out, from another process, who answers to any signature', async () => {
    write([number()]);
    stand.proxyFault = { answer: { status: 200, body: 'ok' } };
    const { status, output } = await run(['--user-dir', userDir], environment());
    assert.equal(status, 1);
    assert.match(
      output,
      /✖ Somebody else answers at the public webhook address\.\n {2}It says 200 to a signature that fits nothing/,
    );
  });

  it('takes everything from options and environment as well', async () => {
    const { phoneNumberId, wabaId = '', baseUrl = '' } = stand.provider;
    const [accessToken, appSecret, verifyToken] = Object.values(secrets());
    const args = ['--provider', 'custom', '--base-url', baseUrl, '--waba-id', wabaId, '--number', '+351211000100'];
    const { status, output, error } = await run([...args, '--phone-number-id', phoneNumberId], {
      WHATSAPP_ACCESS_TOKEN: accessToken ?? '',
      WHATSAPP_APP_SECRET: appSecret ?? '',
      WHATSAPP_VERIFY_TOKEN: verifyToken ?? '',
    });
    assert.equal(status, 0, output + error);
  });

  it('says what is missing, and ends with 2', async () => {
    const other = { ...number(), id: 'n2', name: 'Support' };
    const from = (name: string, flows?: object[], secret?: string): string[] => {
      const folder = join(userDir, name);
      mkdirSync(folder);
      if (flows !== undefined) write(flows, secret, folder);
      return ['--user-dir', folder];
    };
    const cases: [string[], RegExp][] = [
      [from('empty'), /no flow file .* --user-dir/],
      [from('none', []), /no WhatsApp number/],
      [from('two', [number(), other]), /Which number\?.*Sales \(n1\), Support \(n2\)/],
      [from('locked', [number()], 'another secret'), /cannot be decrypted/],
      [from('simulated', [{ ...number(), provider: 'simulator' }]), /inside Node-RED.*Check set-up/],
      [['--nonsense'], /option is not known/],
      [['--phone-number-id', '12345'], /lacks: Number, Access token, App secret, Verify token/],
    ];
    await Promise.all(
      cases.map(async ([args, says]) => {
        const { status, output, error } = await run(args, environment());
        assert.equal(status, 2, output);
        assert.match(error, says);
        assert.doesNotMatch(error, /^\s+at /m);
      }),
    );
  });

  it('reads settings.js, plain credentials and named flow files', async () => {
    mkdirSync(join(userDir, 'projects'));
    writeFileSync(
      join(userDir, 'settings.js'),
      "module.exports = { flowFile: 'projects/mine.json', credentialSecret: 'own', httpNodeAuth: { user: 'x' } };",
    );
    writeFileSync(join(userDir, 'projects', 'mine.json'), JSON.stringify([number()]));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Node-RED's own way to name a variable
    const token = '${TOKEN}';
    writeFileSync(join(userDir, 'projects', 'mine_cred.json'), encrypted({ n1: { accessToken: token } }, 'own'));
    const { settings, nodes } = await readUserDirectory(userDir, { TOKEN: 'from the environment' });
    assert.ok(settings.httpNodeAuth);
    assert.deepEqual(nodes[0]?.credentials, { accessToken: 'from the environment' });
    assert.equal(nodes[0]?.baseUrl, '', 'a variable that is not there is empty');
  });
});
