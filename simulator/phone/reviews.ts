/** WhatsApp's desk for reviewing templates: what becomes of each, by a press. Beside the phone, since no person's phone has it. */
export const REVIEWS_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Template reviews</title>
<link rel="icon" href="icon.svg">
<style>
body { margin: 0 auto; padding: 24px 16px; max-width: 760px; font: 16px/1.45 system-ui, sans-serif; color: #1d2b26; background: #f2f5f3; }
h1 { margin: 0 0 4px; font-size: 1.3rem; }
p { margin: 0 0 18px; color: #51615a; }
article { margin: 0 0 14px; padding: 14px 16px; border-radius: 12px; background: #fff; box-shadow: 0 1px 3px rgb(0 0 0 / 12%); }
header { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; }
header b { overflow-wrap: anywhere; }
.state { margin-left: auto; font-weight: 600; }
blockquote { margin: 8px 0 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
button { margin: 0 6px 6px 0; padding: 7px 14px; border: 1px solid #b9c7c0; border-radius: 18px; background: #fff; color: inherit; font: inherit; cursor: pointer; }
button[aria-pressed="true"] { border-color: #1f7a5c; background: #e1f3eb; }
button:focus-visible { outline: 3px solid #1f7a5c; outline-offset: 2px; }
</style>
</head>
<body>
<h1>Template reviews</h1>
<p>What WhatsApp thinks of the templates of this simulated account. New ones are approved by themselves after some seconds.</p>
<main id="templates" aria-live="polite"></main>
<script src="reviews.js"></script>
</body>
</html>
`;

export const REVIEWS_SCRIPT = `(function () {
'use strict';
const list = document.getElementById('templates');
const element = function (name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
  return made;
};
const decide = async function (template, status) {
  await fetch('api/review', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: template.name, language: template.language, status: status }),
  });
  await show();
};
const card = function (template) {
  const article = element('article', undefined, { 'data-template': template.name + ' ' + template.language });
  const header = element('header');
  header.append(
    element('b', template.name),
    element('span', template.language + ', ' + template.category.toLowerCase()),
    element('span', template.status.toLowerCase(), { class: 'state' }),
  );
  const buttons = element('div');
  ['APPROVED', 'REJECTED', 'PAUSED', 'DISABLED', 'PENDING'].forEach(function (status) {
    const words = { APPROVED: 'Approve', REJECTED: 'Reject', PAUSED: 'Pause', DISABLED: 'Disable', PENDING: 'Back to review' };
    const button = element('button', words[status], { type: 'button', 'aria-pressed': String(status === template.status) });
    button.addEventListener('click', function () { decide(template, status); });
    buttons.append(button);
  });
  article.append(header, element('blockquote', template.text), buttons);
  return article;
};
let last = '';
const show = async function () {
  try {
    const text = await (await fetch('api/templates')).text();
    if (text === last) return;
    last = text;
    list.replaceChildren.apply(list, JSON.parse(text).templates.map(card));
  } catch (error) {
    last = '';
  }
};
show();
setInterval(show, 2000);
})();
`;
