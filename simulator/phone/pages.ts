import { CALL_SCRIPT } from './call-script.ts';
import { CHAT_SCRIPT } from './chat-script.ts';
import { CHAT_STYLE } from './chat-style.ts';
import { FRAME_STYLE } from './frame-style.ts';
import { HTML } from './html.ts';
import { ICON } from './icon.ts';
import { MAIN_SCRIPT } from './main-script.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { REVIEWS_HTML, REVIEWS_SCRIPT } from './reviews.ts';
import { SCREEN_SCRIPT } from './screen-script.ts';
import { SCREEN_STYLE } from './screen-style.ts';
import { SOUND_SCRIPT } from './sound-script.ts';

export interface Page {
  /** Content type. */
  type: string;
  body: string | Buffer;
}

const SCRIPTS = [PAGE_SCRIPT, SOUND_SCRIPT, CHAT_SCRIPT, CALL_SCRIPT, SCREEN_SCRIPT, MAIN_SCRIPT];

const HTML_PAGE: Page = { type: 'text/html; charset=utf-8', body: HTML };

const PAGES = new Map<string, Page>([
  ['', HTML_PAGE],
  ['index.html', HTML_PAGE],
  ['phone.css', { type: 'text/css; charset=utf-8', body: [FRAME_STYLE, CHAT_STYLE, SCREEN_STYLE].join('\n') }],
  // One scope for all pieces, none of it global.
  [
    'phone.js',
    { type: 'text/javascript; charset=utf-8', body: `(function () {\n'use strict';\n${SCRIPTS.join('\n')}\n})();\n` },
  ],
  ['icon.svg', { type: 'image/svg+xml', body: ICON }],
  ['reviews', { type: 'text/html; charset=utf-8', body: REVIEWS_HTML }],
  ['reviews.js', { type: 'text/javascript; charset=utf-8', body: REVIEWS_SCRIPT }],
]);

/**
 * The phone page: a person's WhatsApp in the browser, for the simulator. The texts lie in modules and not in files beside them, so that
 * the compiled package finds them without knowing where it is.
 *
 * @param path relative to the page's address, with or without a leading slash: '' (the page itself), 'phone.css', 'phone.js', 'icon.svg'
 * @returns undefined when there is no such file; everything under `api/` is the caller's
 */
export function phonePage(path: string): Page | undefined {
  return PAGES.get(path.replace(/^\//, ''));
}
