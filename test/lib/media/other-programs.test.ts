import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeCodec } from '../../../lib/media/bridge-codec.ts';
import { encodeALaw } from '../../../lib/media/g711.ts';
import type { BridgeOptions } from '../../../lib/media/media.ts';
import { toInt16 } from '../../../lib/media/resample.ts';
import { resample, speechLike, writeWav } from '../../browser/audio.ts';
import { freeRtpPort } from '../../free-rtp-port.ts';
import { BridgedPerson, PERSON_RATE } from './bridged-person.ts';
import { assertHeard } from './heard.ts';

const SECONDS = 3;
/** A program needs so long to open its port on a busy machine. */
const START_MS = 1500;

/** Arguments of a program that takes our stream by our own SDP and writes 16-bit samples to a file, and of one that sends. */
interface Program {
  name: string;
  codec: BridgeOptions;
  /** Hz of what it writes. */
  rate: number;
  listen(sdp: string, file: string): [string, string[]];
  speak(wav: string, port: number): [string, string[]];
}

const gst = (text: string): [string, string[]] => ['gst-launch-1.0', ['-q', ...text.split(' ')]];
const PTIME = 'min-ptime=20000000 max-ptime=20000000';
const gstreamer = (codec: BridgeOptions, rate: number, depay: string, pay: string): Program => ({
  name: 'GStreamer',
  codec,
  rate,
  listen: (sdp, file) =>
    gst(
      `filesrc location=${sdp} ! sdpdemux latency=80 ! ${depay} ! audioconvert ! audioresample ! ` +
        `audio/x-raw,format=S16LE,rate=${rate},channels=1 ! filesink buffer-mode=2 location=${file}`,
    ),
  speak: (wav, port) =>
    gst(
      `filesrc location=${wav} ! wavparse ! audioconvert ! audioresample ! audio/x-raw,rate=${rate},channels=1 ! ` +
        `${pay} ! udpsink host=127.0.0.1 port=${port}`,
    ),
});

const PROGRAMS: Program[] = [
  {
    name: 'ffmpeg',
    codec: { codec: 'PCMU' },
    rate: 8000,
    listen: (sdp, file) => [
      'ffmpeg',
      [
        '-v',
        'error',
        '-protocol_whitelist',
        'file,udp,rtp',
        '-i',
        sdp,
        '-f',
        's16le',
        '-ar',
        '8000',
        '-ac',
        '1',
        '-flush_packets',
        '1',
        '-y',
        file,
      ],
    ],
    speak: (wav, port) => [
      'ffmpeg',
      [
        '-v',
        'error',
        '-re',
        '-i',
        wav,
        '-ar',
        '8000',
        '-ac',
        '1',
        '-c:a',
        'pcm_mulaw',
        '-f',
        'rtp',
        `rtp://127.0.0.1:${port}?pkt_size=172`,
      ],
    ],
  },
  gstreamer({ codec: 'PCMA' }, 8000, 'rtppcmadepay ! alawdec', `alawenc ! rtppcmapay pt=8 ${PTIME}`),
  gstreamer(
    { codec: 'L16', sampleRate: 16_000, payloadType: 97 },
    16_000,
    'rtpL16depay',
    `audioconvert ! audio/x-raw,format=S16BE ! rtpL16pay pt=97 ${PTIME}`,
  ),
  gstreamer(
    { codec: 'opus', payloadType: 96 },
    16_000,
    'rtpopusdepay ! opusdec plc=true use-inband-fec=true',
    'opusenc frame-size=20 bitrate=32000 audio-type=voice inband-fec=true ! rtpopuspay pt=96',
  ),
];

describe('programs that others wrote, as the far side of a bridge', function () {
  this.timeout(60_000);
  // A starved machine leaves gaps of its own in what is sent in real time.
  this.retries(3);
  let person: BridgedPerson;
  let folder: string;
  const running: ChildProcess[] = [];
  const complaints: string[] = [];
  beforeEach(async () => {
    person = await BridgedPerson.connect();
    folder = await mkdtemp(join(tmpdir(), 'far-'));
    complaints.length = 0;
  });
  afterEach(async () => {
    for (const child of running.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await person.close();
    await rm(folder, { recursive: true, force: true });
  });

  function start([program, args]: [string, string[]]): ChildProcess {
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.on('data', (data: Buffer) => complaints.push(String(data)));
    child.on('error', (error) => complaints.push(error.message));
    running.push(child);
    return child;
  }

  async function finish(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  function samplesOf(bytes: Buffer): Float32Array {
    return Float32Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(index * 2) / 32_768);
  }

  for (const { name, codec, rate, listen, speak } of PROGRAMS)
    it(`${name}, ${bridgeCodec(codec).rtpmap}: both voices come through whole`, async () => {
      const port = await freeRtpPort();
      const bridge = person.leg.bridge({ ...codec, remote: { address: '127.0.0.1', port } });
      const { local, receiverSdp } = await bridge.started;
      await writeFile(join(folder, 'far.sdp'), receiverSdp ?? '');
      const listener = start(listen(join(folder, 'far.sdp'), join(folder, 'heard.raw')));
      const personVoice = speechLike({ seconds: SECONDS, sampleRate: PERSON_RATE, seed: 21 });
      const farVoice = speechLike({ seconds: SECONDS, sampleRate: 48_000, seed: 22 });
      // Silence before, for programs that begin late, and after, for what they still hold.
      const padded = (samples: Float32Array, hz: number) => {
        const all = new Float32Array(samples.length + 2 * hz);
        all.set(samples, hz);
        return all;
      };
      await writeWav(join(folder, 'spoken.wav'), { sampleRate: 48_000, channels: [padded(farVoice, 48_000)] });
      await sleep(START_MS);
      const speaker = start(speak(join(folder, 'spoken.wav'), local.port));
      await person.say(padded(personVoice, PERSON_RATE));
      await finish(speaker);
      await sleep(300);
      listener.kill('SIGINT');
      await finish(listener);
      await bridge.stop();
      const result = await bridge.done;
      const told = `${JSON.stringify(result)} ${complaints.join('')}`;
      assert.equal(result.droppedFromRtp, 0, told);
      assert.ok(result.packetsFromRtp >= (SECONDS + 1.9) * 50, told);
      const heard = samplesOf(await readFile(join(folder, 'heard.raw')));
      assert.ok(heard.length > SECONDS * rate, `${heard.length} samples ${told}`);
      assertHeard('at the program', resample(personVoice, PERSON_RATE, rate), heard, rate);
      const spoken = resample(resample(farVoice, 48_000, rate), rate, PERSON_RATE);
      const atPerson = await person.heard();
      assertHeard('at the person', spoken, atPerson, PERSON_RATE);
    });

  it('sipp echoes the person', async () => {
    const port = await freeRtpPort();
    const signalling = await freeRtpPort();
    start([
      'sipp',
      [
        '-sn',
        'uas',
        '-i',
        '127.0.0.1',
        '-p',
        String(signalling),
        '-mi',
        '127.0.0.1',
        '-mp',
        String(port),
        '-rtp_echo',
        '-nostdin',
      ],
    ]);
    await sleep(START_MS);
    const bridge = person.leg.bridge({ codec: 'PCMA', remote: { address: '127.0.0.1', port } });
    await bridge.started;
    const voice = speechLike({ seconds: SECONDS, sampleRate: PERSON_RATE, seed: 23 });
    await person.say(voice);
    await sleep(500);
    await bridge.stop();
    const { packetsToRtp, packetsFromRtp, droppedFromRtp } = await bridge.done;
    assert.ok(
      packetsToRtp >= SECONDS * 50 && packetsFromRtp >= packetsToRtp - 3,
      `${packetsFromRtp} of ${packetsToRtp}: ${complaints}`,
    );
    assert.equal(droppedFromRtp, 0);
    const narrow = resample(resample(voice, PERSON_RATE, 8000), 8000, PERSON_RATE);
    assertHeard('back at the person', narrow, await person.heard(), PERSON_RATE);
  });

  it('sipp calls by SIP, gets our SDP and plays a file', async () => {
    const bridge = person.leg.bridge({ codec: 'PCMA' });
    const { sdp } = await bridge.started;
    const voice = speechLike({ seconds: SECONDS, sampleRate: 8000, seed: 24 });
    await writeFile(join(folder, 'voice.al'), encodeALaw(toInt16(voice)));
    await writeFile(join(folder, 'caller.xml'), CALLER.replace('SECONDS', String((SECONDS + 1) * 1000)));
    const pbx = createSocket('udp4').bind(0, '127.0.0.1');
    await once(pbx, 'listening');
    pbx.on('message', (data, from) => {
      const reply = answerSip(String(data), sdp);
      if (reply) pbx.send(reply, from.port, from.address);
    });
    try {
      const port = await freeRtpPort();
      const caller = start([
        'sipp',
        [
          '-sf',
          'caller.xml',
          '-m',
          '1',
          '-i',
          '127.0.0.1',
          '-p',
          String(port),
          '-mi',
          '127.0.0.1',
          '-nostdin',
          `127.0.0.1:${pbx.address().port}`,
        ],
      ]);
      await finish(caller);
      assert.equal(caller.exitCode, 0, complaints.join(''));
    } finally {
      pbx.close();
    }
    await sleep(300);
    await bridge.stop();
    const { packetsFromRtp, statistics } = await bridge.done;
    assert.ok(packetsFromRtp >= SECONDS * 50 - 1, `${packetsFromRtp} packets`);
    assert.equal(statistics.remote?.address, '127.0.0.1', 'learned where sipp is');
    assertHeard('at the person', resample(voice, 8000, PERSON_RATE), await person.heard(), PERSON_RATE);
  });
});

/** Answers INVITE and BYE as a PBX would, with an SDP; ACK needs no answer. */
function answerSip(request: string, sdp: string): string | undefined {
  const [line = ''] = request.split('\r\n');
  if (!/^(INVITE|BYE) /.test(line)) return undefined;
  const copied = request.split('\r\n').filter((header) => /^(Via|From|To|Call-ID|CSeq):/i.test(header));
  const body = line.startsWith('INVITE') ? sdp : '';
  return [
    'SIP/2.0 200 OK',
    ...copied.map((header) => (/^To:/i.test(header) && !header.includes('tag=') ? `${header};tag=pbx` : header)),
    'Contact: <sip:pbx@127.0.0.1>',
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** A caller for sipp: INVITE, then a file as G.711 A-law, then BYE. */
const CALLER = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: sipp <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: pbx <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: sip:sipp@[local_ip]:[local_port]
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=sipp 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
  ]]></send>
  <recv response="200" rrs="true" />
  <send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: sipp <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: pbx <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

  ]]></send>
  <nop><action><exec rtp_stream="voice.al,1,8" /></action></nop>
  <pause milliseconds="SECONDS" />
  <send retrans="500"><![CDATA[
BYE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: sipp <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: pbx <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Content-Length: 0

  ]]></send>
  <recv response="200" />
</scenario>
`;
