import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pack, unpack } from './installation.ts';
import { CONFIG_TYPES, manifest, NODE_TYPES } from './manifest.ts';

describe('the package as it is published', function () {
  this.timeout(60_000);
  let folder: string;
  let unpacked: string;
  let files: string[];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'wa-pack-'));
    unpacked = await unpack(await pack(folder), folder);
    files = readdirSync(unpacked, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(path.join(unpacked, name)).isFile())
      .map((name) => name.split(path.sep).join('/'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const text = (name: string) => readFileSync(path.join(unpacked, name), 'utf8');

  for (const [entry, type] of Object.entries(NODE_TYPES)) {
    it(`has both halves of ${type}, its texts, help and icon`, () => {
      const script = manifest['node-red'].nodes[entry] ?? '';
      assert.ok(files.includes(script), script);
      const html = script.replace(/\.js$/, '.html');
      assert.ok(files.includes(html), html);
      const locale = `${path.posix.dirname(script)}/locales/en-US/${entry}`;
      assert.deepEqual(Object.keys(JSON.parse(text(`${locale}.json`)) as object), [type], `${locale}.json`);
      assert.match(text(`${locale}.html`), new RegExp(`data-help-name="${type}"`), `${locale}.html`);
      if (CONFIG_TYPES.includes(type)) return;
      const icon = /icon: *'([^']+)'/.exec(text(html))?.[1] ?? '';
      assert.ok(files.includes(`${path.posix.dirname(script)}/icons/${icon}`), `icon "${icon}"`);
    });
  }

  it('has dialogs that need no file beside them', () => {
    for (const html of files.filter((name) => /^dist\/nodes\/[^/]+\.html$/.test(name))) {
      assert.doesNotMatch(text(html), /<script[^>]* src=|<link\b|@import/, html);
      assert.ok(text(html).includes('window.waCallDialog ='), html);
    }
  });

  it('has its readme, license, changelog and examples', () => {
    for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']) assert.ok(files.includes(name), name);
    assert.ok(files.some((name) => /^examples\/01 .*\.json$/.test(name)));
  });

  it('has the simulator as a program', () => {
    const program = manifest.bin['whatsapp-calling-simulator'] ?? '';
    assert.ok(files.includes(program), program);
    assert.match(text(program), /^#!\/usr\/bin\/env node\n/);
    assert.equal(statSync(path.join(unpacked, program)).mode & 0o111, 0o111);
  });

  it('has nothing else: no sources, tests, maps, links, recordings or keys', () => {
    const foreign = files.filter(
      (name) => !/^(dist|examples)\//.test(name) && !/^(README|LICENSE|CHANGELOG|package)(\.(md|json))?$/.test(name),
    );
    assert.deepEqual(foreign, []);
    assert.deepEqual(
      files.filter((name) => /\.(ts|mts|map|wav|sqlite|pem|key|log|tgz)$|(^|\/)(test|bench|\..*)\//.test(name)),
      [],
    );
  });

  it('imports only what it brings along or depends on', () => {
    const own = new Set([...Object.keys(manifest.dependencies), 'node-datachannel', 'pg']);
    const strangers = new Set<string>();
    for (const name of files.filter((file) => /^dist\/.*\.m?js$/.test(file))) {
      for (const match of text(name).matchAll(/\b(?:require|import)\(["']([^"'.][^"']*)["']\)/g)) {
        const specifier = match[1] ?? '';
        const root = specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/');
        if (!specifier.startsWith('node:') && !own.has(root)) strangers.add(`${name}: ${specifier}`);
      }
      for (const match of text(name).matchAll(/\brequire\(["'](\.[^"']+)["']\)/g)) {
        const target = path.join(unpacked, path.dirname(name), match[1] ?? '');
        if (!existsSync(target)) strangers.add(`${name}: ${match[1]} is missing`);
      }
    }
    assert.deepEqual([...strangers], []);
  });
});
