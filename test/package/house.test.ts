import { strict as assert } from 'node:assert';
import { type SourceFile, sourceFiles, withoutComments } from './source-files.ts';

/** Rooms of `lib/` and the rooms whose code (not only types) each may use. `runtime` and `nodes` may use all. */
const MAY_USE: Record<string, string[]> = {
  permission: [],
  call: ['permission'],
  media: [],
  ledger: ['permission'],
  template: [],
  provider: ['permission', 'template'],
  webhook: ['permission', 'provider', 'ledger'],
  switchboard: ['permission', 'call', 'media', 'ledger', 'provider', 'template'],
  doctor: ['permission', 'media', 'provider'],
};
/** Finds a worker's file; belongs to no room. */
const SHARED = 'lib/runtime/worker-url.mts';

const MOST_LINES = 400;
/** Tests are lists of cases: longer, but no deeper. */
const MOST_TEST_LINES = 600;
const MANY_LINES = 300;

const lib = sourceFiles(['lib']);
const simulator = sourceFiles(['simulator']);
const nodes = sourceFiles(['nodes']);
const sources = [...lib, ...nodes, ...simulator];

const within = (...folders: string[]) =>
  sources.filter((file) => folders.some((folder) => file.name.startsWith(`${folder}/`)));

/** `file: what` for every offence, so that a failure names the line to go to. */
function offences(files: SourceFile[], find: (file: SourceFile) => string[]): string[] {
  return files.flatMap((file) => find(file).map((what) => `${file.name}: ${what}`));
}

function uses(file: SourceFile, pattern: RegExp, options: { types?: boolean } = {}): string[] {
  return file.imports
    .filter((entry) => options.types === true || !entry.typeOnly)
    .map((entry) => entry.file ?? entry.specifier)
    .filter((name) => pattern.test(name));
}

describe('the house', () => {
  it('has sources in every room', () => {
    for (const room of Object.keys(MAY_USE)) assert.ok(within(`lib/${room}`).length > 0, `lib/${room} is empty`);
    assert.ok(nodes.length > 0, 'nodes is empty');
    assert.ok(simulator.length > 0, 'simulator is empty');
  });

  it('keeps Node-RED and the nodes out of lib', () => {
    assert.deepEqual(
      offences(lib, (file) => uses(file, /^(node-red|@node-red\/.*|nodes\/.*)$/)),
      [],
    );
  });

  it('lets rooms use only the rooms below them', () => {
    const wrong = Object.entries(MAY_USE).flatMap(([room, allowed]) =>
      offences(within(`lib/${room}`), (file) =>
        uses(file, /^lib\//).filter((name) => {
          const other = name.split('/')[1] ?? '';
          return name !== SHARED && other !== room && !allowed.includes(other);
        }),
      ),
    );
    assert.deepEqual(wrong, []);
  });

  it('keeps clocks, chance and input and output out of permission and call', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\b|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bprocess\.|\bfetch\(|\brandomUUID\(/g;
    const files = within('lib/permission', 'lib/call');
    assert.deepEqual(
      offences(files, (file) => [
        ...uses(file, /^(node:.*|axios|werift|pg)$/),
        ...(withoutComments(file.text).match(impure) ?? []),
      ]),
      [],
    );
  });

  it('keeps the simulator an independent referee', () => {
    assert.deepEqual(
      offences(simulator, (file) => uses(file, /^lib\/(permission|ledger)\//)),
      [],
    );
    assert.deepEqual(
      offences(within('lib/permission', 'lib/ledger'), (file) => uses(file, /^simulator\//, { types: true })),
      [],
    );
  });

  it('talks HTTP to providers in one file only, and SQL in one room only', () => {
    const http = sources.filter((file) => file.name !== 'lib/provider/http.ts');
    assert.deepEqual(
      offences(http, (file) => uses(file, /^axios(\/|$)/, { types: true })),
      [],
    );
    const sql = sources.filter((file) => !file.name.startsWith('lib/ledger/'));
    assert.deepEqual(
      offences(sql, (file) => uses(file, /^(node:sqlite|pg)$/)),
      [],
    );
  });

  it('leaves HTTP, SQL, sockets and audio to lib: nodes only wire', () => {
    const low = /^(axios|node:(http|https|net|dgram|sqlite|tls)|werift|libopus-wasm|pg)$/;
    assert.deepEqual(
      offences(nodes, (file) => uses(file, low)),
      [],
    );
  });

  it('runs both as sources and compiled: no __dirname, import.meta or require in .ts files', () => {
    const files = sources.filter((file) => file.name.endsWith('.ts'));
    assert.deepEqual(
      offences(files, (file) => withoutComments(file.text).match(/\b__dirname\b|\bimport\.meta\b|\brequire\(/g) ?? []),
      [],
    );
  });

  it('keeps files small and named after what is in them', () => {
    const files = [...sources, ...sourceFiles(['scripts'], ['.mjs', '.cjs']), ...sourceFiles(['test'])];
    for (const file of files) {
      if (file.lines > MANY_LINES) console.log(`      large: ${file.name}, ${file.lines} lines`);
    }
    const most = (file: SourceFile) => (file.name.startsWith('test/') ? MOST_TEST_LINES : MOST_LINES);
    const large = files.filter((file) => file.lines > most(file));
    assert.deepEqual(
      large.map((file) => `${file.name}: ${file.lines} lines`),
      [],
    );
    assert.deepEqual(
      sources.map((file) => file.name).filter((name) => /\/(utils?|helpers?|misc|common)\.m?ts$/.test(name)),
      [],
    );
  });
});
