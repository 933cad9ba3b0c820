import { strict as assert } from 'node:assert';
import type { Browser, Page } from 'playwright-core';
import { examples } from '../package/manifest.ts';
import { TAB } from '../system/flows.ts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { launchChromium } from './chromium.ts';

interface Placed {
  id: string;
  type: string;
  name?: string;
  valid: boolean;
  x: number;
  y: number;
  w: number;
  h: number;
}

/** In the page: imports a flow on tabs of its own, and tells where its nodes are when they are drawn. */
const IMPORT = `async (flow) => {
  const { workspaces } = RED.nodes.import(flow, { generateIds: true });
  const placed = [];
  for (const { id } of workspaces) {
    RED.workspaces.show(id);
    RED.view.redraw(true, true);
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    for (const node of RED.nodes.filterNodes({ z: id })) {
      const { type, name, valid, x, y, w, h } = node;
      placed.push({ id: node.id, type: RED.nodes.getType(type) ? type : 'unknown ' + type, name, valid, x, y, w, h });
    }
  }
  return placed;
}`;

describe('the examples in the editor', function () {
  this.timeout(60_000);
  let red: NodeRedProcess;
  let browser: Browser;
  let page: Page;

  before(async () => {
    red = await NodeRedProcess.start({ flows: [TAB] });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1250, height: 900 } });
    await page.goto(red.origin);
    await page.waitForFunction(
      `typeof RED === 'object' && RED.nodes?.workspace?.('${TAB.id}') !== undefined`,
      undefined,
      {
        timeout: 30_000,
      },
    );
  });
  after(async () => {
    await browser?.close();
    await red?.stop();
  });

  for (const { name, nodes } of examples()) {
    it(`${name}: every node is known and rightly set, and none lies on another`, async () => {
      const placed = (await page.evaluate(`(${IMPORT})(${JSON.stringify(nodes)})`)) as Placed[];
      assert.ok(placed.length > 2);
      const title = ({ type, name: given }: Placed) => given || type;
      assert.deepEqual(placed.filter(({ type, valid }) => type.startsWith('unknown') || !valid).map(title), []);
      const overlaps = placed.flatMap((one, index) =>
        placed
          .slice(index + 1)
          .filter(
            (other) =>
              Math.abs(one.x - other.x) < (one.w + other.w) / 2 && Math.abs(one.y - other.y) < (one.h + other.h) / 2,
          )
          .map((other) => `${title(one)} on ${title(other)}`),
      );
      assert.deepEqual(overlaps, []);
      assert.ok(placed.every(({ w, h }) => w > 20 && h > 20, 'drawn'));
    });
  }
});
