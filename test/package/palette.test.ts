import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../browser/chromium.ts';
import { checkout } from '../checkout.mts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { installedIn, nodeRedProgram, pack, userDirectoryWith, versionOf } from './installation.ts';
import { CONFIG_TYPES, examples, manifest, NODE_TYPES } from './manifest.ts';

const PROGRAMS: Record<string, () => Promise<string>> = {
  '4.1': () => nodeRedProgram('4.1.15'),
  '5': async () => path.join(checkout, 'node_modules', 'node-red', 'red.js'),
};

interface NodeSet {
  name: string;
  module: string;
  version: string;
  types: string[];
  enabled: boolean;
  err?: string;
}

describe('installed into an empty Node-RED', () => {
  let folder: string;
  let tarball: string;
  let browser: Browser;

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(path.join(os.tmpdir(), 'wa-pack-'));
    tarball = await pack(folder);
    browser = await launchChromium();
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [version, program] of Object.entries(PROGRAMS)) {
    describe(version, () => {
      let userDir: string;
      let red: NodeRedProcess;
      let page: Page;

      before(async function () {
        // The first run on a machine downloads packages.
        this.timeout(240_000);
        userDir = await userDirectoryWith(tarball);
        red = await NodeRedProcess.start({ program: await program(), palette: null, userDir });
        page = await browser.newPage();
        await page.goto(red.origin);
        await page.waitForSelector('.red-ui-palette-node', { timeout: 60_000 });
        // Node-RED 5 greets newcomers with a tour or a dialog; neither belongs here.
        await page.waitForFunction(`RED.nodes.getType('${CONFIG_TYPES[0]}') !== undefined`, undefined, {
          timeout: 30_000,
        });
      });
      after(async () => {
        await page?.close();
        await red?.stop();
        await rm(userDir, { recursive: true, force: true, maxRetries: 5 });
      });

      it('is the version it says', async () => {
        assert.ok(versionOf(await program()).startsWith(version));
        assert.ok(
          red.log.some((line) => line.includes(`Node-RED version: v${version}`)),
          red.tail(),
        );
      });

      it('loads every node without an error or a warning about us', async () => {
        const sets = ((await (await list('/nodes')).json()) as NodeSet[]).filter((set) => set.module === manifest.name);
        assert.deepEqual(
          sets.map(({ name, types, enabled, err, version: own }) => [name, types.join(), enabled, err, own]).sort(),
          Object.entries(NODE_TYPES)
            .map(([name, type]) => [name, type, true, undefined, manifest.version])
            .sort(),
        );
        const complaints = red.log.filter(
          (line) => /\[(warn|error)\]/.test(line) && /whatsapp|wa-call|flowcall/i.test(line),
        );
        assert.deepEqual(complaints, []);
      });

      it('serves icons, texts and examples', async () => {
        const icons = (await (await list('/icons')).json()) as Record<string, string[]>;
        assert.ok((icons[manifest.name] ?? []).length > 0, JSON.stringify(icons[manifest.name]));
        for (const [entry, type] of Object.entries(NODE_TYPES)) {
          const catalog = (await (await list(`/locales/${manifest.name}/${entry}?lng=en-US`)).json()) as Record<
            string,
            unknown
          >;
          assert.ok(catalog[type] !== undefined, `${entry}: ${Object.keys(catalog)}`);
        }
        const module = (await (await list(`/library/examples/flows/${manifest.name}/`)).json()) as unknown;
        for (const { name } of examples()) {
          const title = path.basename(name, '.json');
          assert.ok(JSON.stringify(module).includes(title), `${title} not in ${JSON.stringify(module)}`);
        }
      });

      it('brings the simulator as a program of its own', async () => {
        const program = path.join(installedIn(userDir), manifest.bin['whatsapp-calling-simulator'] ?? '');
        const { stdout } = await promisify(execFile)(process.execPath, [program, '--help'], { cwd: userDir });
        assert.match(stdout, /--webhook/);
      });

      it('shows the category by its name', async () => {
        const heads = await page.locator('.red-ui-palette-header').allTextContents();
        assert.ok(
          heads.some((text) => text.trim() === 'WhatsApp calling'),
          heads.join(),
        );
      });

      it('has dialogs that say what is wrong, and show what a choice needs', async () => {
        const verdict = await page.evaluate(
          "RED.nodes.getType('wa-call-media').defaults.times.validate.call({}, -1, {})",
        );
        const catalog = (await (await list(`/locales/${manifest.name}/media?lng=en-US`)).json()) as {
          'wa-call-media': { error: { times: string } };
        };
        assert.equal(verdict, catalog['wa-call-media'].error.times);
        const node = { id: 'n', type: 'wa-call-media', z: 'tab', x: 200, y: 100, action: 'stream', wires: [[], []] };
        await page.evaluate(`RED.nodes.import(${JSON.stringify([{ id: 'tab', type: 'tab', label: 'Test' }, node])})`);
        await page.evaluate("RED.editor.edit(RED.nodes.node('n'))");
        const field = (name: string) => page.locator(`.red-ui-tray #node-input-${name}`);
        await field('chunkMs').waitFor();
        assert.deepEqual([await field('chunkMs').inputValue(), await field('fileName').isVisible()], ['100', false]);
        await field('action').selectOption('record');
        assert.deepEqual([await field('chunkMs').isVisible(), await field('fileName').isVisible()], [false, true]);
        await page.evaluate('RED.tray.close()');
      });

      for (const type of Object.values(NODE_TYPES)) {
        if (!CONFIG_TYPES.includes(type)) {
          it(`shows ${type} in the palette, with label and icon`, async () => {
            const node = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
            assert.equal(await node.count(), 1);
            const label = (await node.locator('.red-ui-palette-label').textContent())?.trim() ?? '';
            assert.match(label, /^[a-z][a-z -]{2,30}$/i, 'a label in words, no catalog key');
            assert.notEqual(label, type);
            const style = await node
              .locator('.red-ui-palette-icon')
              .evaluate((icon) => getComputedStyle(icon).backgroundImage);
            const address = /url\("([^"]+)"\)/.exec(style)?.[1] ?? '';
            assert.ok(decodeURIComponent(address).includes(`icons/${manifest.name}/`), style);
            const icon = await fetch(address);
            assert.equal(icon.status, 200);
            assert.match(icon.headers.get('content-type') ?? '', /^image\//);
          });
        }

        it(`has help for ${type}`, async () => {
          const help = (await page.evaluate(`RED.nodes.getNodeHelp('${type}')`)) as string;
          const words = help
            .replace(/<[^>]+>/g, ' ')
            .trim()
            .split(/\s+/);
          assert.ok(words.length > 40, `${words.length} words: ${help.slice(0, 200)}`);
        });
      }

      const list = (route: string) => fetch(red.origin + route, { headers: { Accept: 'application/json' } });
    });
  }
});
