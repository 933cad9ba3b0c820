import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATUS_LENGTH } from '../../lib/runtime/status.ts';
import { checkout } from '../checkout.mts';
import { CORE, choicesOf, type EditorHalf, editorHalves, textAt } from './editor-half.ts';

/** How a property names an environment variable. */
const ENV = ['$', '{NAME}'].join('');
const NAMESPACE = '@flowcall/node-red-whatsapp-calling';
const halves = editorHalves();
/** No property takes them all. */
const WRONG = ['✗ ✗', '', 'ftp://x', 'x'.repeat(5000), '-1', ['✗']];
/** Nothing chosen, each value of each choice, and each two of different ones. */
const combinations = (choices: Record<string, unknown[]>): object[] => {
  const single = Object.entries(choices).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
  return [{}, ...single, ...single.flatMap((first) => single.map((second) => ({ ...second, ...first })))];
};
/** Catalog keys of the boxes that the script makes. */
const eventKeys = (type: string, script: string): string[] =>
  (/const EVENTS = \[([^\]]*)\]/.exec(script)?.[1] ?? '').match(/\w+/g)?.map((name) => `${type}.event.${name}`) ?? [];
const half = (entry: string): EditorHalf => {
  const found = halves.find((candidate) => candidate.entry === entry);
  assert.ok(found, `nodes/${entry}.html`);
  return found;
};
const valid = (entry: string, property: string, value: unknown, node: object = {}): unknown => {
  const { validate } = half(entry).definition.defaults[property] ?? {};
  assert.ok(validate, `${entry}: ${property} has no validator`);
  return validate.call(node, value, {});
};

describe('the editor half', () => {
  const TABLE: Record<string, [string, number | undefined]> = {
    config: ['wa-call-config', undefined],
    'permission-store': ['wa-call-permission-store', undefined],
    'request-permission': ['wa-call-request-permission', 3],
    'permission-webhook-in': ['wa-call-permission-in', 4],
    permission: ['wa-call-permission', 2],
    'permission-template': ['wa-call-template', 3],
    'calling-settings': ['wa-call-settings', 2],
    'initiate-call': ['wa-call-initiate', 4],
    'answer-call': ['wa-call-answer', 4],
    callbacks: ['wa-call-callbacks', 2],
    'call-events': ['wa-call-events', 1],
    terminate: ['wa-call-terminate', 1],
    media: ['wa-call-media', 2],
    'call-records': ['wa-call-records', 2],
    'check-setup': ['wa-call-check', 2],
  };

  it('has the types and numbers of outputs that flows rely on', () => {
    assert.deepEqual(halves.map(({ entry }) => entry).sort(), Object.keys(TABLE).sort());
    for (const { entry, type, definition } of halves) assert.deepEqual([type, definition.outputs], TABLE[entry], entry);
  });

  for (const one of halves) {
    const { entry, type, definition, template, script, help, catalog } = one;
    describe(entry, () => {
      const self = {
        _: (key: string) => textAt(catalog, key),
        action: definition.defaults.action?.value,
        provider: 'simulator',
      };

      it('has a catalog under its own type and no other', () => assert.deepEqual(Object.keys(catalog), [type]));

      it('has a text for every key that dialog and script name', () => {
        const inDialog = [...template.matchAll(/data-i18n="(?:\[\w+\])?([^"]+)"/g)].map((match) => match[1] ?? '');
        const inScript = [...script.matchAll(/this\._\('([^']+[^.])'\)/g)].map((match) => match[1] ?? '');
        assert.ok(inDialog.length > 0);
        for (const key of [...inDialog, ...inScript, ...eventKeys(type, script)]) {
          const text = textAt(catalog, key);
          assert.ok(typeof text === 'string' && text.trim() !== '', `${key} is missing`);
        }
      });

      it('has status texts that fit', () => {
        const statuses = textAt(catalog, `${type}.status`) as Record<string, string> | undefined;
        for (const [key, text] of Object.entries(statuses ?? {})) {
          assert.ok(text.length <= STATUS_LENGTH, `${key}: ${text}`);
        }
      });

      it('has help with an intro and the sections that readers look for', () => {
        assert.match(help, new RegExp(`^<script type="text/markdown" data-help-name="${type}">\\n\\S`));
        assert.match(help, /### Details/);
        if (definition.outputs) assert.match(help, /### Outputs/);
        if (definition.inputs) assert.match(help, /### Inputs/);
        // What Node-RED makes a list of properties from: with another colon it shows the end of the text only.
        for (const line of help.split('\n').filter((text) => text.startsWith(':')))
          assert.match(line, /^: [^:()]+ \([^:()]+\) : [^:]+$/);
      });

      it('has an icon of its own, drawn in white', () => {
        assert.equal(definition.icon, `${entry}.svg`);
        const file = join(checkout, 'icons', definition.icon);
        assert.ok(existsSync(file));
        const svg = readFileSync(file, 'utf8');
        assert.match(svg, /viewBox="0 0 40 60"/);
        const colours = [...svg.matchAll(/(?:fill|stroke)="(?!none)([^"]+)"/g)].map((match) => match[1]);
        assert.ok(colours.length > 0 && colours.every((colour) => colour === '#fff'), colours.join());
      });

      it('labels every output and every field', () => {
        if (definition.inputs) assert.equal(typeof definition.inputLabels?.call(self), 'string', 'input');
        for (let index = 0; index < (definition.outputs ?? 0); index += 1) {
          assert.equal(typeof definition.outputLabels?.call(self, index), 'string', `output ${index}`);
        }
        const labelled = [...template.matchAll(/<label[^>]* for="([^"]+)"/g)].map((match) => match[1]);
        const fields = [
          ...template.matchAll(/<(?:input|select)(?![^>]*type="(?:hidden|checkbox)")[^>]* id="([^"]+)"/g),
        ];
        for (const [, id] of fields) assert.ok(labelled.includes(id), `${id} has no label`);
        assert.equal(typeof definition.paletteLabel.call(self), 'string');
        assert.equal(definition.label.call({ ...self, name: 'Sales' }), 'Sales');
        assert.equal(typeof definition.label.call(self), 'string');
        for (const action of choicesOf(one).action ?? [])
          assert.equal(typeof definition.label.call({ ...self, action }), 'string', String(action));
      });

      it('has a field for every property, and a property for every field', () => {
        const fields = [...template.matchAll(/id="node-(?:config-)?input-([^"]+)"/g)].map((match) => match[1] ?? '');
        const properties = [...Object.keys(definition.defaults), ...Object.keys(definition.credentials ?? {})];
        for (const field of fields) assert.ok(properties.includes(field), `field ${field}`);
        // Check boxes of one list share a class instead of ids.
        for (const property of properties.filter((name) => name !== 'events')) {
          assert.ok(fields.includes(property), `property ${property}`);
        }
      });

      it('has validators that take two parameters, accept the defaults and accept environment variables', () => {
        for (const [property, { value, validate }] of Object.entries(definition.defaults)) {
          if (validate === undefined) continue;
          const defaults = Object.fromEntries(
            Object.entries(definition.defaults).map(([name, other]) => [name, other.value]),
          );
          // Those of the editor itself are played here.
          if (validate !== CORE) assert.equal(validate.length, 2, property);
          assert.equal(validate.call(defaults, value, {}), true, `${property}: ${String(value)}`);
        }
      });

      it('has validators that can refuse, in sentences that are there', () => {
        const start = Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));
        const chosen = combinations(choicesOf(one)).map((choice) => ({ ...start, ...choice }));
        for (const [property, { validate }] of Object.entries(definition.defaults)) {
          if (validate === undefined || validate === CORE) continue;
          const verdicts = chosen.flatMap((choice) => WRONG.map((value) => validate.call(choice, value, {})));
          const told = new Set(verdicts.filter((verdict) => verdict !== true).map(String));
          assert.ok(told.size > 0, `${property} takes anything`);
          for (const sentence of told) {
            const [namespace, key = ''] = sentence.replace(/^message /, '').split(':');
            assert.equal(namespace, `${NAMESPACE}/${entry}`);
            assert.equal(typeof textAt(catalog, key), 'string', `${property}: ${key} is missing`);
          }
        }
      });

      it('shows rows and judges values by choices that there are', () => {
        const choices = choicesOf(one);
        const conditions = [
          ...[...template.matchAll(/data-when="([^"]*)"/g)].map((match) => match[1] ?? ''),
          ...[...script.matchAll(/\bwhen\('([^']*)'/g)].map((match) => match[1] ?? ''),
        ];
        for (const condition of conditions) {
          for (const one of condition.split(/ or | /)) {
            const [name = '', words] = one.split(/!?=/);
            assert.ok(name in choices, `${condition}: ${name}`);
            for (const word of words?.split(',') ?? [])
              assert.ok(choices[name]?.includes(word), `${condition}: ${word}`);
          }
        }
      });

      it('styles only its own things, with the editor’s own colours', () => {
        const css = /<style>([\s\S]*?)<\/style>/.exec(half(entry).html)?.[1] ?? '';
        for (const [, selector] of css.matchAll(/([^{}]+)\{/g)) {
          assert.ok(selector?.trim().startsWith(`.${type}`), selector);
        }
        assert.ok(!/#[0-9a-f]{3,8}\b|rgb\(/i.test(css));
      });
    });
  }

  it('offers nothing that this version cannot do', () => {
    const actions = [...half('media').template.matchAll(/<option value="(\w+)" data-i18n="[^"]+option\.action/g)];
    assert.deepEqual(
      actions.map((match) => match[1]),
      ['play', 'record', 'pause', 'resume', 'rtp', 'stream', 'digits', 'speech', 'stop'],
    );
  });

  it('keeps secrets out of the properties', () => {
    const { defaults, credentials } = half('config').definition;
    assert.deepEqual(Object.keys(credentials ?? {}), [
      'accessToken',
      'appSecret',
      'previousAppSecret',
      'verifyToken',
      'turnPassword',
    ]);
    for (const { type } of Object.values(credentials ?? {})) assert.equal(type, 'password');
    for (const name of Object.keys(defaults)) assert.ok(!/token|secret|password/i.test(name), name);
    const store = half('permission-store').definition;
    assert.equal(JSON.stringify(store.credentials), JSON.stringify({ connection: { type: 'password' } }));
    assert.ok(!('connection' in store.defaults));
  });
});

describe('validators', () => {
  const CLOUD = { provider: 'meta' };
  const AGENT = { action: 'stream', streamTo: 'agent', agentUrlType: 'str' };
  const cases: [string, string, object, unknown[], unknown[]][] = [
    ['config', 'phoneNumberId', CLOUD, ['106540352242922', ENV], ['', 'abc', '+55 11', '12']],
    ['config', 'phoneNumberId', { provider: 'simulator' }, ['', '106540352242922'], []],
    ['config', 'businessNumber', CLOUD, ['+55 11 95550-0100', ENV], ['', '5511', 'phone']],
    ['config', 'baseUrl', { provider: 'custom' }, ['https://x.example', ENV], ['', 'ftp://x', 'x']],
    ['config', 'webhookPath', {}, ['/whatsapp-calling', '/a/b.c', ENV], ['', 'a', '/', '/a b', '/?x', undefined]],
    ['config', 'apiVersion', {}, ['', 'v25.0'], ['25', 'latest']],
    ['config', 'mediaPortMin', {}, ['', 10_000, '10000', ENV], ['80', '-1', '70000', 'x']],
    ['config', 'mediaSetups', {}, [1, '20', 200, ENV, undefined, ''], ['0', '201', 'x']],
    ['config', 'mediaStatistics', {}, ['0', 3600, ENV, ''], ['-1', '3601', '1.5']],
    ['config', 'mediaPortMax', { mediaPortMin: 10_000 }, ['', '10100'], ['9999', 'x']],
    ['config', 'mediaPortMax', { mediaPortMin: ENV }, ['', '10100'], ['80']],
    ['permission-store', 'overrides', {}, ['', '{}', '{"connectedCallsPerDay": 3}', ENV], ['[]', '3', '{', 'null']],
    ['permission-store', 'path', {}, ['', 'a/b.sqlite', '/data/x'], ['https://x/y', 'file://x']],
    ['permission-store', 'path', { engine: 'postgres' }, ['', 'https://x/y'], []],
    [
      'permission-store',
      'schema',
      {},
      ['', 'calls_2', '_x', ENV, undefined],
      ['Calls', 'pg_calls', '2x', 'a-b', 'a b'],
    ],
    ['permission-store', 'retentionDays', {}, ['', 365, '30', ENV, undefined], ['x', '-1', 40_000, '1.5']],
    ['request-permission', 'purpose', {}, ['purpose'], ['', '  ', undefined]],
    ['request-permission', 'template', { kind: 'template' }, ['x'], ['', undefined]],
    ['request-permission', 'template', { kind: 'auto' }, ['', 'x'], []],
    ['request-permission', 'language', { kind: 'auto' }, ['en_US', 'de', 'pt_BR', ENV], ['', 'english please']],
    ['initiate-call', 'ringSeconds', {}, [5, '45', 300, ENV, ''], [4, 301, 4.5, 'x']],
    ['initiate-call', 'maxSeconds', {}, [0, '3600', ''], [-1, 86_401]],
    ['answer-call', 'monday', {}, ['', '9:00-12:00, 13:00-18:00', ENV, undefined], ['9 to 5', '09:00']],
    ['answer-call', 'timeZone', {}, ['', 'Europe/Lisbon', ENV], ['Mars/Olympus', '+01:00']],
    ['answer-call', 'capturePurpose', { captureTranscript: true }, ['training'], ['', ' ', 'x'.repeat(251)]],
    ['answer-call', 'capturePurpose', {}, ['', undefined], ['x'.repeat(251)]],
    ['calling-settings', 'countryList', { countries: 'only' }, ['BR, PT', ENV], ['', 'Brazil']],
    ['calling-settings', 'timeoutSeconds', {}, ['', '0', '30', ENV], ['31', 'x']],
    ['permission-template', 'body', { action: 'create', from: 'own' }, ['May we call?'], ['', ' ']],
    ['permission-template', 'examples', {}, ['', '[]', '{"name": "Ana"}'], ['3', '[', 'null']],
    ['check-setup', 'publicUrl', { publicUrlType: 'str' }, ['', 'https://x.example', ENV], ['x']],
    ['check-setup', 'publicUrl', { publicUrlType: 'msg' }, ['x'], []],
    ['permission-webhook-in', 'contact', {}, ['', '+55 11 95550-0123', 'BR.48219037716650284417', ENV], ['x', 'BR.']],
    ['permission', 'contact', { action: 'lookup' }, ['contact', ENV], ['', ' ', undefined]],
    ['permission', 'contact', { action: 'export' }, ['', 'contact'], []],
    ['permission', 'source', { action: 'release' }, ['source'], ['', ' ']],
    ['permission', 'list', { action: 'importDoNotCall' }, ['payload'], ['']],
    ['permission', 'limit', {}, [1, '100', 1000, ENV, ''], [0, 1001, 1.5, 'x']],
    ['permission', 'country', {}, ['', 'BR', 'pt', ENV], ['Brazil', '+55']],
    ['call-events', 'events', {}, [[], ['ended', 'digit']], [['finished']]],
    ['media', 'source', { action: 'play', sourceType: 'str' }, ['/a.wav'], ['', ' ', undefined]],
    ['media', 'source', { action: 'play', sourceType: 'greeting' }, ['', undefined], []],
    ['media', 'folder', { action: 'record' }, ['', '/data', 'C:\\data', ENV], ['data', '../x']],
    ['media', 'fileName', { action: 'record' }, ['{id}.wav', 'a/b.wav'], ['', '../a.wav', '/a.wav', 'a/../b', 'C:\\a']],
    ['media', 'times', { action: 'play' }, [0, 1, '1000', ENV, undefined, ''], [-1, 1001, 1.5]],
    // The runtime reads every number, whatever the action.
    ['media', 'times', { action: 'record' }, [1], [-1]],
    ['media', 'longestSeconds', { action: 'play' }, [1, '600', ''], [0, 86_401]],
    ['media', 'largestMegabytes', { action: 'play' }, [1, '50', ''], [0, 4097]],
    ['media', 'splitAfter', { action: 'record' }, [1, '600', ''], [0, 'x']],
    ['media', 'remote', { action: 'rtp', remoteType: 'str' }, ['', '192.0.2.7:5004', '[::1]:5'], ['192.0.2.7', 'x:y']],
    ['media', 'payloadType', {}, [96, 111, '127'], [95, 128, 'x']],
    ['media', 'eventPayloadType', {}, [0, 101, '96', ENV, undefined, ''], [-1, 13, 128, 'x']],
    ['media', 'chunkMs', {}, [20, '200'], [30, 220]],
    ['media', 'interDigitSeconds', {}, ['0.2', 3], ['0.1', '1e1', 'x']],
    ['media', 'agentUrl', AGENT, ['wss://agent.example/in', ENV], ['', 'https://agent.example', 'ws://a:b@c']],
    ['media', 'agentUrl', { ...AGENT, streamTo: 'flow' }, ['', 'x'], []],
    ['media', 'allowedDestinations', { action: 'stream' }, ['pbx.example'], ['_']],
    [
      'media',
      'allowedDestinations',
      {},
      ['', '192.0.2.7', '10.1.0.0/16, 2001:db8::/32', ENV],
      ['pbx.example', '10.1.0.0/x'],
    ],
    ['media', 'localPort', {}, [0, '5004'], [-1, 70_000]],
  ];
  for (const [entry, property, node, good, bad] of cases) {
    it(`${entry}: ${property} with ${JSON.stringify(node)}`, () => {
      for (const value of good) assert.equal(valid(entry, property, value, node), true, `${String(value)} is fine`);
      for (const value of bad) {
        const verdict = valid(entry, property, value, node);
        assert.equal(typeof verdict, 'string', `${String(value)} is not`);
        assert.match(String(verdict), new RegExp(`^message ${NAMESPACE}/${entry}:`));
      }
    });
  }
});

describe('status keys and errors of the runtime half', () => {
  for (const { entry, type, catalog } of halves) {
    it(`${entry}: every status that the code shows has a text`, () => {
      const source = readFileSync(join(checkout, 'nodes', `${entry}.ts`), 'utf8');
      const keys = [...source.matchAll(/status\.show\('\w+', '(\w+)'/g)].map((match) => match[1]);
      if (source.includes('setUpCallNode')) keys.push('starting', 'not_ready', 'no_config', 'bad_config', 'failed');
      for (const key of keys) assert.equal(typeof textAt(catalog, `${type}.status.${key}`), 'string', String(key));
    });
  }
});

describe('example flows', () => {
  const folder = join(checkout, 'examples');
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const flows = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>[]);

  it('show every node', () => {
    const used = new Set(flows.flat().map((node) => node.type));
    for (const { type, definition } of halves) if (definition.category !== 'config') assert.ok(used.has(type), type);
  });

  it('hold no secret, and only properties that the nodes have', () => {
    for (const node of flows.flat()) {
      assert.equal(node.credentials, undefined);
      const definition = halves.find(({ type }) => type === node.type)?.definition;
      if (definition === undefined) continue;
      const known = [...Object.keys(definition.defaults), 'id', 'type', 'z', 'x', 'y', 'wires'];
      for (const name of Object.keys(node)) assert.ok(known.includes(name), `${String(node.type)}: ${name}`);
      for (const [name, { value, validate }] of Object.entries(definition.defaults)) {
        assert.ok(name in node, `${String(node.type)} lacks ${name} (${String(value)})`);
        if (validate) assert.equal(validate.call(node, node[name], {}), true, `${String(node.type)}: ${name}`);
      }
    }
  });

  it('are wired to nodes that exist, on as many outputs as there are', () => {
    for (const [index, nodes] of flows.entries()) {
      const ids = nodes.map((node) => node.id);
      assert.equal(new Set(ids).size, ids.length, files[index]);
      for (const node of nodes) {
        const wires = (node.wires ?? []) as string[][];
        for (const id of wires.flat()) assert.ok(ids.includes(id), `${files[index]}: ${id}`);
        const outputs = halves.find(({ type }) => type === node.type)?.definition.outputs;
        if (outputs !== undefined) assert.equal(wires.length, outputs, `${files[index]}: ${String(node.type)}`);
      }
    }
  });
});
