/** Whose phone this is, and the stream of states from the simulator. Reconnects by itself, also when a proxy answered with an error. */
export const MAIN_SCRIPT = String.raw`
var source = null;
var retryTimer = 0;
var retryAfter = 1000;

function receive(text) {
  var next;
  try { next = JSON.parse(text); } catch { return; }
  if (!next || !next.person) return;
  state = next;
  document.querySelectorAll('[data-business]').forEach(function (element) { element.textContent = state.businessName; });
  document.querySelectorAll('[data-initials]').forEach(function (element) { element.textContent = initials(state.businessName); });
  drawPermission();
  drawChat();
  drawCall();
}

function listen() {
  clearTimeout(retryTimer);
  if (source) source.close();
  var mine = source = new EventSource('api/events?user=' + encodeURIComponent(user));
  mine.onopen = function () { retryAfter = 1000; show(byId('offline'), false); };
  mine.onmessage = function (event) { if (mine === source) receive(event.data); };
  mine.onerror = function () {
    if (mine !== source) return;
    show(byId('offline'), true);
    // The browser tries again by itself, except after an answer that is no event stream.
    if (mine.readyState !== EventSource.CLOSED) return;
    retryTimer = setTimeout(listen, retryAfter);
    retryAfter = Math.min(retryAfter * 2, 10000);
  };
}

function choosePerson(id) {
  leaveCall();
  user = id;
  state = null;
  ignored = aside = seen = null;
  changing.clear();
  drawChat();
  ['ringing', 'in-call', 'ended', 'return-to-call'].forEach(function (screen) { show(byId(screen), false); });
  stopRinging();
  stopRingback();
  var url = new URL(location.href);
  url.searchParams.set('user', id);
  history.replaceState(null, '', url);
  listen();
}

async function start() {
  var answer;
  try {
    answer = await request('api/people');
  } catch {
    show(byId('offline'), true);
    setTimeout(start, retryAfter);
    retryAfter = Math.min(retryAfter * 2, 10000);
    return;
  }
  show(byId('offline'), false);
  retryAfter = 1000;
  var people = Array.isArray(answer) ? answer : answer.people;
  var select = byId('person');
  select.replaceChildren.apply(select, people.map(function (person) {
    return make('option', { value: person.userId }, [person.name + (person.phone ? '  +' + String(person.phone).replace(/^\+/, '') : '')]);
  }));
  var wanted = new URLSearchParams(location.search).get('user');
  var found = people.find(function (person) { return wanted && (person.userId === wanted || person.phone === wanted); }) || people[0];
  if (!found) return toast('The simulator knows nobody. Add a person first.');
  select.value = found.userId;
  choosePerson(found.userId);
}

byId('person').addEventListener('change', function (event) { choosePerson(event.target.value); });
addEventListener('pagehide', leaveCall);
function drawClock() { byId('clock').textContent = clockTime(Date.now()); }
drawClock();
setInterval(drawClock, 10000);
start();
`;
