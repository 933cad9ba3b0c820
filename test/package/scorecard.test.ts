import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { checkout } from '../checkout.mts';
import { CONFIG_TYPES, examples, lockfile, manifest, NODE_TYPES } from './manifest.ts';

interface Semver {
  valid(version: string): string | null;
  satisfies(version: string, range: string): boolean;
  major(version: string): number;
}
// Node-RED brings it along; it decides about these very fields when it loads a package.
const semver = createRequire(path.join(checkout, 'package.json'))('semver') as Semver;

/** Checks of the Node-RED flow library's scorecard that need no network, under its own codes. */
describe('scorecard', () => {
  it('P01 has a license, and its text', () => {
    assert.equal(manifest.license, 'MIT');
    assert.match(readFileSync(path.join(checkout, 'LICENSE'), 'utf8'), /MIT License/);
  });

  it('P03 says where its repository and its issues are', () => {
    assert.match(manifest.repository?.url ?? '', /^git\+https:\/\/.+\.git$/);
    assert.match(manifest.bugs?.url ?? '', /^https:\/\//);
  });

  it('P04 has a scoped name', () => {
    assert.match(manifest.name, /^@[a-z0-9-]+\/[a-z0-9-]+$/);
  });

  it('P05 has the keyword by which the library finds it', () => {
    assert.ok(manifest.keywords.includes('node-red'));
  });

  it('P06 fits the Node-RED versions it is tested with', () => {
    const current = lockfile.packages['node_modules/node-red']?.version ?? '';
    assert.equal(semver.major(current), 5);
    for (const version of ['4.1.0', current])
      assert.ok(semver.satisfies(version, manifest['node-red'].version), version);
    assert.equal(semver.satisfies('4.0.9', manifest['node-red'].version), false);
  });

  it("P07 accepts the current Node-RED's oldest Node", () => {
    assert.ok(semver.satisfies('22.9.0', manifest.engines.node));
    assert.ok(semver.satisfies(process.versions.node, manifest.engines.node));
    assert.equal(semver.satisfies('20.19.0', manifest.engines.node), false);
  });

  it('has a version', () => {
    assert.equal(semver.valid(manifest.version), manifest.version);
  });

  it('N01 registers each node type once, under our own prefix', () => {
    assert.deepEqual(Object.keys(manifest['node-red'].nodes), Object.keys(NODE_TYPES));
    const types = Object.keys(NODE_TYPES).flatMap((entry) => registeredTypes(entry));
    assert.deepEqual(types, Object.values(NODE_TYPES));
    for (const type of types) assert.match(type, /^wa-call-/);
  });

  it('N01 and N02 can read the definitions: literal and inline', () => {
    for (const entry of Object.keys(NODE_TYPES)) {
      const html = editorHalf(entry);
      assert.match(html, /category: *'[^']+'/, `${entry}: category`);
      assert.match(html, /defaults: *\{/, `${entry}: defaults`);
      if (CONFIG_TYPES.includes(NODE_TYPES[entry] ?? '')) continue;
      for (const property of ['icon', 'color'])
        assert.match(html, new RegExp(`${property}: *'[^']+'`), `${entry}: ${property}`);
      for (const property of ['inputs', 'outputs'])
        assert.match(html, new RegExp(`${property}: *\\d`), `${entry}: ${property}`);
    }
  });

  it('N02 shows every node in an example', () => {
    const flows = examples();
    assert.ok(flows.length > 0);
    const used = new Set<string>();
    for (const { name, nodes } of flows) {
      assert.ok(Array.isArray(nodes), `${name}: not a list of nodes at its top`);
      for (const node of nodes as { type: string }[]) used.add(node.type);
    }
    const missing = Object.values(NODE_TYPES).filter((type) => !CONFIG_TYPES.includes(type) && !used.has(type));
    assert.deepEqual(missing, []);
  });

  it('D01 has six dependencies, and these', () => {
    const names = ['axios', 'libopus-wasm', 'libphonenumber-js', 'sdp-transform', 'werift', 'zod'];
    assert.deepEqual(Object.keys(manifest.dependencies).sort(), names);
  });

  it('D02 has no old agent-base among the packages it installs', () => {
    const old = production().filter(
      ([where, entry]) => /(^|\/)agent-base$/.test(where) && semver.major(entry.version) < 6,
    );
    assert.deepEqual(old, []);
  });
});

describe('what is installed with it', () => {
  it('runs no install scripts', () => {
    const scripts = production().filter(([, entry]) => entry.hasInstallScript === true);
    assert.deepEqual(
      scripts.map(([where]) => where),
      [],
    );
    const own = Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name));
    assert.deepEqual(own, []);
  });

  it('is pinned: what was measured is what is installed', () => {
    for (const [name, range] of Object.entries(manifest.dependencies)) {
      assert.equal(semver.valid(range), range, `${name} ${range}`);
      assert.equal(lockfile.packages[`node_modules/${name}`]?.version, range, name);
    }
  });

  it('is not one of the axios releases with malware in them', () => {
    const found = Object.entries(lockfile.packages).filter(([where]) => /(^|\/)axios$/.test(where));
    assert.ok(found.length > 0);
    for (const [where, entry] of found)
      assert.ok(!['1.14.1', '0.30.4'].includes(entry.version), `${where} ${entry.version}`);
  });

  it('names no registry in the lockfile', () => {
    assert.doesNotMatch(readFileSync(path.join(checkout, 'package-lock.json'), 'utf8'), /"resolved": *"http/);
  });
});

function production() {
  return Object.entries(lockfile.packages).filter(([where, entry]) => where !== '' && !entry.dev && !entry.devOptional);
}

function editorHalf(entry: string): string {
  return readFileSync(path.join(checkout, 'nodes', `${entry}.html`), 'utf8');
}

function registeredTypes(entry: string): string[] {
  return [...editorHalf(entry).matchAll(/RED\.nodes\.registerType\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}
