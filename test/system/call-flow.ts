import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type FlowNode, TAB } from './flows.ts';
import type { NodeRedProcess } from './node-red-process.ts';

/** A message as the sink wrote it down. */
export interface Written {
  what: string;
  mark?: string;
  call?: { id: string; outcome?: string; durationSeconds?: number };
  recording?: { file: string; seconds: number; result: string };
  reason?: { code: string };
}

/**
 * `POST /call { contact, mark }` places a call. When it is answered it is recorded, and a WAV file is played. Everything
 * that the nodes tell is appended to a file, one line of JSON each.
 *
 * @param sound WAV file to play; none: the built-in greeting
 */
export function callFlow(config: FlowNode, log: string, sound = ''): FlowNode[] {
  const z = TAB.id;
  const media = (id: string, action: string, wires: string[]): FlowNode => ({
    id,
    type: 'wa-call-media',
    z,
    name: '',
    config: config.id,
    call: 'call.id',
    callType: 'msg',
    action,
    source: sound,
    sourceType: sound === '' ? 'greeting' : 'str',
    sampleRate: '16000',
    wires: [wires, []],
  });
  const tell = (what: string): FlowNode => ({
    id: what,
    type: 'function',
    z,
    name: '',
    func: `const { mark, call, recording, reason } = msg;
return { payload: JSON.stringify({ what: ${JSON.stringify(what)}, mark, call, recording, reason }) };`,
    outputs: 1,
    wires: [['file']],
  });
  const nodes: FlowNode[] = [
    { id: 'in', type: 'http in', z, url: '/call', method: 'post', wires: [['response', 'unpack']] },
    { id: 'response', type: 'http response', z, statusCode: '', headers: {}, wires: [] },
    {
      id: 'unpack',
      type: 'function',
      z,
      func: "return { contact: msg.payload.contact, mark: msg.payload.mark, purpose: 'a test' };",
      outputs: 1,
      wires: [['initiate']],
    },
    {
      id: 'initiate',
      type: 'wa-call-initiate',
      z,
      name: '',
      config: config.id,
      contact: 'contact',
      contactType: 'msg',
      purpose: 'purpose',
      purposeType: 'msg',
      ringSeconds: 45,
      maxSeconds: 600,
      data: '',
      dataType: 'json',
      wires: [['answered', 'record', 'play'], ['ended'], ['refused'], ['refused']],
    },
    media('record', 'record', ['recorded']),
    media('play', 'play', ['played']),
    ...['answered', 'ended', 'refused', 'recorded', 'played'].map(tell),
    {
      id: 'file',
      type: 'file',
      z,
      filename: log,
      filenameType: 'str',
      appendNewline: true,
      createDir: true,
      overwriteFile: 'false',
      encoding: 'utf8',
      wires: [[]],
    },
  ];
  // Without a place it would count as a config node.
  return [TAB, config, ...nodes.map((node) => ({ ...node, x: 100, y: 100 }))];
}

/** What the sink has written so far. */
export async function written(log: string): Promise<Written[]> {
  const text = await readFile(log, 'utf8').catch(() => '');
  // The last line may be half written.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Written);
}

export async function placeCall(red: NodeRedProcess, contact: string, mark: string): Promise<void> {
  const answer = await fetch(`${red.origin}/call`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ contact, mark }),
  });
  if (!answer.ok) throw new Error(`POST /call: HTTP ${answer.status}`);
}

/** Where the media nodes put recordings if not told otherwise. */
export function recordingsOf(red: NodeRedProcess): string {
  return path.join(red.userDir, 'whatsapp-calling', 'recordings');
}
