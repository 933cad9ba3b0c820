/** The chat: bubbles, lines of the system, and the card that asks for permission to call. */
export const CHAT_SCRIPT = `
var changing = new Set();   // permission cards whose choice is being changed
var drawn = new Map();      // chat item id -> { as: what it was drawn from, node }

var CARD_STATE = { temporary: 'Allowed for a week', permanent: 'Always allowed', declined: 'Not now', expired: 'This question has expired' };

function time(item) { return make('time', { datetime: toDate(item.at).toISOString() }, [clockTime(item.at)]); }

function card(item) {
  var id = item.request.id;
  var status = item.request.state;
  var node = make('li', { class: 'bubble card', 'data-testid': 'permission-card', 'data-state': status }, [
    make('div', { class: 'card-title' }, [icon('receiver'), 'May we call you?']),
  ]);
  if (item.text) node.append(make('p', {}, [item.text]));
  if (status === 'open' || changing.has(id)) {
    node.append(make('p', { class: 'explain' }, ['You can change this at any time in the profile of the business.']));
    node.append(make('div', { class: 'choices' }, [
      choice(id, 'temporary', 'Allow this week', 'allow-week', 'wide strong'),
      choice(id, 'permanent', 'Always allow', 'allow-always', 'wide'),
      choice(id, 'reject', 'Not now', 'not-now', 'wide'),
    ]));
  } else {
    var line = make('div', { class: 'state' }, [make('span', { 'data-testid': 'permission-choice' }, [CARD_STATE[status] || status])]);
    if (status !== 'expired') {
      line.append(make('button', { type: 'button', 'data-testid': 'change-permission', onclick: function () {
        changing.add(id);
        drawChat();
        var first = byId('chat').querySelector('[data-item="' + CSS.escape(String(item.id)) + '"] .choices button');
        if (first) first.focus();
      } }, ['Change']));
    }
    node.append(line);
  }
  node.append(time(item));
  return node;
}

function choice(requestId, answer, label, testId, style) {
  return make('button', { type: 'button', class: style, 'data-testid': testId, onclick: function (event) {
    doing(event.currentTarget, async function () {
      await post('permission', { requestId: requestId, answer: answer });
      changing.delete(requestId);
      drawChat();
    });
  } }, [label]);
}

function drawItem(item) {
  if (item.kind === 'permission_request' && item.request) return card(item);
  if (item.from === 'system' || item.kind === 'permission_change' || item.kind === 'call_log') {
    return make('li', { class: 'line', 'data-testid': 'system-line' }, [
      icon(item.kind === 'permission_change' ? 'shield' : item.kind === 'call_log' ? 'receiver' : 'quiet'),
      make('span', {}, [item.text]), time(item),
    ]);
  }
  var mine = item.from === 'person';
  return make('li', { class: mine ? 'bubble mine' : 'bubble', 'data-testid': mine ? 'message-mine' : 'message' }, [item.text, time(item)]);
}

/** Draws only what changed, so that the focus and the place in a long chat stay. */
function drawChat() {
  var list = byId('chat');
  var atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  var day = '';
  var wanted = [];
  (state ? state.chat : []).forEach(function (item) {
    var itemDay = dayOf(item.at);
    if (itemDay !== day) wanted.push({ key: 'day ' + itemDay, as: '', draw: function () { return make('li', { class: 'day' }, [itemDay]); } });
    day = itemDay;
    wanted.push({ key: 'item ' + item.id, as: JSON.stringify([item, item.request && changing.has(item.request.id)]), draw: function () {
      var node = drawItem(item);
      node.dataset.item = item.id;
      return node;
    } });
  });
  var kept = new Map();
  wanted.forEach(function (want, index) {
    var before = drawn.get(want.key);
    var node = before && before.as === want.as ? before.node : want.draw();
    kept.set(want.key, { as: want.as, node: node });
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
  while (list.children.length > wanted.length) list.lastChild.remove();
  var grew = kept.size > drawn.size;
  drawn = kept;
  if (atEnd || grew) list.scrollTop = list.scrollHeight;
}

function permissionSentence(permission) {
  if (permission.status === 'permanent') return 'May always call you';
  if (permission.status !== 'temporary') return 'May not call you';
  return permission.expiresAt ? 'May call you until ' + dayOf(permission.expiresAt) : 'May call you this week';
}

function drawPermission() {
  var sentence = permissionSentence(state.permission);
  byId('permission-line').textContent = sentence;
  var hour = state.permission.status === 'temporary' && state.permission.expiresAt ? ', ' + clockTime(state.permission.expiresAt) : '';
  byId('profile-state').textContent = sentence + hour + '.';
  show(byId('profile-always'), state.permission.status !== 'permanent');
  show(byId('profile-revoke'), state.permission.status !== 'no_permission');
}

function openProfile() {
  show(byId('profile'), true);
  byId('chat-screen').inert = true;
  byId('close-profile').focus();
}
function closeProfile() {
  if (byId('profile').hidden) return;
  show(byId('profile'), false);
  byId('chat-screen').inert = false;
  byId('open-profile').focus();
}
byId('open-profile').addEventListener('click', openProfile);
byId('close-profile').addEventListener('click', closeProfile);
byId('profile').addEventListener('click', function (event) { if (event.target === byId('profile')) closeProfile(); });
[['profile-always', 'permanent'], ['profile-revoke', 'revoke']].forEach(function (pair) {
  byId(pair[0]).addEventListener('click', function (event) {
    doing(event.currentTarget, function () { return post('profile-permission', { answer: pair[1] }); });
  });
});

byId('composer').addEventListener('submit', function (event) {
  event.preventDefault();
  var input = byId('message-input');
  var text = input.value.trim();
  if (!text) return;
  doing(byId('send'), async function () {
    await post('message', { text: text });
    input.value = '';
    input.focus();
  });
});
`;
