import { strict as assert } from 'node:assert';
import { cloudLine, readAccountSettings } from '../../../lib/runtime/account-settings.ts';

const NUMBER = { provider: 'meta', phoneNumberId: '1', businessNumber: '+55 11 95550-0100' };
const SECRETS = { accessToken: 'a', appSecret: 'b', verifyToken: 'c' };

describe('account settings', () => {
  it('take the media engine that was chosen, and the one that comes along otherwise', () => {
    const engine = (mediaEngine?: string) =>
      cloudLine(readAccountSettings({ ...NUMBER, mediaEngine }), SECRETS).legOptions.engine;
    assert.equal(engine('node-datachannel'), 'node-datachannel');
    assert.equal(engine('werift'), undefined);
    assert.equal(engine(), undefined);
    assert.throws(() => engine('other'), { code: 'config_invalid' });
  });

  it('let the sound stay on this machine if the API is on it, and go anywhere else all the same', () => {
    const reach = (baseUrl: string, mediaBindAddress = '') => {
      const options = { ...NUMBER, provider: 'custom', baseUrl, mediaBindAddress };
      const { bindAddress, allowLoopback } = cloudLine(readAccountSettings(options), SECRETS).legOptions;
      return [bindAddress, allowLoopback];
    };
    for (const host of ['127.0.0.1:4001', 'localhost:4001/graph', '[::1]:4001'])
      assert.deepEqual(reach(`http://${host}`), [undefined, true], host);
    assert.deepEqual(reach('https://waba.example.com'), [undefined, undefined]);
    assert.deepEqual(reach('https://localhost.example.com'), [undefined, undefined]);
    assert.deepEqual(reach('http://127.0.0.1:4001', '192.0.2.7'), ['192.0.2.7', true]);
  });

  it('hand on how the sound reaches the network, and what is told of it', () => {
    const options = (set: object) => cloudLine(readAccountSettings({ ...NUMBER, ...set }), SECRETS).legOptions;
    assert.deepEqual(options({}), {
      ...{ silenceSeconds: 10, silenceEndsSeconds: 0, statisticsSeconds: 0, setupsAtOnce: 20 },
    });
    const ways = {
      mediaPortMin: '20000',
      mediaPortMax: '20100',
      mediaBindAddress: '192.0.2.7',
      mediaAllowPrivate: true,
    };
    const servers = { mediaPublicAddress: '198.51.100.20', mediaStun: 'stun.example.com', mediaTurn: '192.0.2.9:3478' };
    const told = { mediaSilenceSeconds: '5', mediaSilenceEnds: '30', mediaStatistics: '15', mediaSetups: '3' };
    const all = { ...NUMBER, ...ways, ...servers, mediaTurnUser: 'ana', ...told };
    assert.deepEqual(cloudLine(readAccountSettings(all), { ...SECRETS, turnPassword: ' canary ' }).legOptions, {
      ...{ portRange: [20_000, 20_100], bindAddress: '192.0.2.7', publicAddress: '198.51.100.20', allowPrivate: true },
      iceServers: [
        { urls: 'stun:stun.example.com' },
        { urls: 'turn:192.0.2.9:3478', username: 'ana', credential: 'canary' },
      ],
      ...{ silenceSeconds: 5, silenceEndsSeconds: 30, statisticsSeconds: 15, setupsAtOnce: 3 },
    });
    for (const set of [
      { mediaSetups: '0' },
      { mediaSetups: '201' },
      { mediaTurn: 'turn:x' },
      { mediaStatistics: '-1' },
    ])
      assert.throws(() => options(set), { code: 'config_invalid' });
  });

  it('let recordings begin at any time unless told otherwise, and fetch media from the hosts that are named', () => {
    const line = (set: object) => cloudLine(readAccountSettings({ ...NUMBER, ...set }), SECRETS);
    assert.deepEqual([line({}).announceRecordings, line({}).provider.overrides], [false, undefined]);
    assert.equal(line({ recordingRule: 'announced' }).announceRecordings, true);
    assert.deepEqual(line({ captureHosts: ' media.example.com, cdn.example.com ' }).provider.overrides, {
      mediaHosts: ['media.example.com', 'cdn.example.com'],
    });
    for (const wrong of [
      { captureHosts: 'https://x.example.com' },
      { captureHosts: '*' },
      { recordingRule: 'never' },
    ]) {
      assert.throws(() => line(wrong), { code: 'config_invalid' });
    }
  });
});
