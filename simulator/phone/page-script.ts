/** What all pieces of the page use: finding and making elements, talking to the simulator, times, messages that go away again. */
export const PAGE_SCRIPT = String.raw`
var user = null;      // whose phone this is: a business-scoped user id
var state = null;     // the last full state from the simulator

function byId(id) { return document.getElementById(id); }
function show(element, visible) { if (element.hidden === visible) element.hidden = !visible; }

function make(tag, attributes, children) {
  var element = document.createElement(tag);
  Object.keys(attributes || {}).forEach(function (name) {
    if (name === 'onclick') element.addEventListener('click', attributes[name]);
    else element.setAttribute(name, attributes[name]);
  });
  (children || []).forEach(function (child) { element.append(child); });
  return element;
}

function icon(name) {
  var namespace = 'http://www.w3.org/2000/svg';
  var svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(namespace, 'use'));
  svg.firstChild.setAttribute('href', '#icon-' + name);
  return svg;
}

var toastTimer = 0;
function toast(text) {
  byId('toast').textContent = text;
  show(byId('toast'), true);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(function () { show(byId('toast'), false); }, 6000);
}

/** Errors carry a sentence for the person. */
async function request(path, options) {
  var response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error('The simulator cannot be reached. Is the flow still deployed?');
  }
  var body = null;
  try { body = await response.json(); } catch { /* a proxy's page, or nothing */ }
  if (response.ok) return body;
  var error = body && body.error;
  throw new Error((error && (error.message || error)) || (body && body.message) || 'The simulator refused this (' + response.status + ').');
}

function post(path, values) {
  return request('api/' + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(Object.assign({ user: user }, values)),
  });
}

/** Does something on a click, once at a time, and says what went wrong. */
async function doing(button, work) {
  if (button) button.disabled = true;
  try {
    return await work();
  } catch (error) {
    toast(error.message);
  } finally {
    if (button) button.disabled = false;
  }
}

/** Times come as milliseconds, seconds or ISO text. */
function toDate(value) {
  if (typeof value === 'number') return new Date(value < 1e11 ? value * 1000 : value);
  return new Date(value);
}
function clockTime(value) { return toDate(value).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }); }
function dayOf(value) { return toDate(value).toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' }); }
function initials(name) {
  var words = String(name || '?').trim().split(/\s+/).filter(function (word) { return /[\p{L}\p{N}]/u.test(word); });
  return words.slice(0, 2).map(function (word) { return Array.from(word)[0]; }).join('').toUpperCase() || '?';
}
`;
