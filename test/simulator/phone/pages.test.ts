import { strict as assert } from 'node:assert';
import { phonePage } from '../../../simulator/phone/pages.ts';

describe('The files of the phone page', () => {
  const html = String(phonePage('')?.body);
  const script = String(phonePage('phone.js')?.body);

  it('are found with and without a leading slash, and nothing else is', () => {
    assert.equal(phonePage('/'), phonePage(''));
    assert.equal(phonePage('/phone.css'), phonePage('phone.css'));
    for (const path of ['api/people', '../pages.ts', 'phone.js/', '//phone.js', 'constructor'])
      assert.equal(phonePage(path), undefined, path);
  });

  it('name nothing outside of the page’s own folder', () => {
    for (const path of ['', 'phone.css', 'phone.js', 'icon.svg']) {
      const body = String(phonePage(path)?.body);
      const outside = [
        ...body.matchAll(/(?:src|href|url|fetch|EventSource|@import)\W{0,3}['"(]\s*(\/|https?:)[^'")]*/g),
      ];
      assert.deepEqual(
        outside.map(([text]) => text),
        [],
        path,
      );
    }
    for (const [, file] of html.matchAll(/(?:src|href)="([^"#]+)"/g))
      assert.ok(phonePage(file ?? ''), `${file} exists`);
  });

  it('give every button and field a name', () => {
    for (const [field, id] of html.matchAll(/<(?:input|select)[^>]* ?id="([^"]+)"[^>]*>/g))
      assert.ok(html.includes(`for="${id}"`), `a label for ${field}`);
    const buttons = [...html.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)];
    assert.ok(buttons.length > 20);
    for (const [, attributes = '', content = ''] of buttons) {
      const id = /\bid="([^"]+)"/.exec(attributes)?.[1];
      const words = content
        .replace(/<(\w+)[^>]*aria-hidden[^>]*>.*?<\/\1>/gs, '')
        .replace(/<[^>]+>/g, '')
        .trim();
      const named =
        words !== '' ||
        attributes.includes('aria-label') ||
        content.includes('data-business') ||
        html.includes(`for="${id}"`);
      assert.ok(named || id === 'return-to-call', `a name for <button${attributes}>`);
    }
  });

  it('have every element that the scripts ask for', () => {
    const asked = new Set([...script.matchAll(/byId\('([^']+)'\)/g)].map(([, id]) => id));
    for (const id of asked) assert.ok(html.includes(`id="${id}"`), `#${id}`);
    assert.ok(asked.size > 20);
    const symbols = new Set(
      [...`${html}${script}`.matchAll(/#icon-([a-z]+)"|icon\('([a-z]+)'\)/g)].map((match) => match[1] ?? match[2]),
    );
    for (const symbol of symbols) assert.ok(html.includes(`<symbol id="icon-${symbol}"`), `icon ${symbol}`);
  });
});
