import type { Browser, Page } from 'playwright-core';
import type { FlowNode } from '../system/flows.ts';
import { NodeRedProcess } from '../system/node-red-process.ts';
import { freePort } from '../system/npm-start.ts';
import { launchChromium } from './chromium.ts';

/** The real editor in Chromium, with flows of a test, for the tests of one `describe`. Nothing rings and nothing sounds. */
export class Editor {
  red!: NodeRedProcess;
  page!: Page;
  /** Address of the simulator. */
  simulator = '';
  #browser: Browser | undefined;

  /** Starts it before the tests of the `describe` in which this is called, and stops it after them. @param wait a node that has to be seen */
  static during(flows: FlowNode[], wait: string, simulator: object = {}): Editor {
    const editor = new Editor();
    before(async () => {
      const port = await freePort();
      editor.simulator = `http://127.0.0.1:${port}`;
      const settings = { waCallConfigSimulator: { port, relay: false, ...simulator } };
      editor.red = await NodeRedProcess.start({ flows, settings });
      editor.#browser = await launchChromium();
      editor.page = await editor.#browser.newPage({ viewport: { width: 1250, height: 1100 } });
      await editor.page.goto(editor.red.origin);
      await editor.page.locator(`[id="${wait}"]`).waitFor({ timeout: 30_000 });
    });
    after(async () => {
      await editor.#browser?.close();
      await editor.red?.stop();
    });
    return editor;
  }

  /** A command to the simulator. */
  control(name: string, body: object): Promise<Response> {
    return fetch(`${this.simulator}/control/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}
