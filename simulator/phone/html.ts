function icon(name: string): string {
  return `<svg class="icon" aria-hidden="true"><use href="#icon-${name}"/></svg>`;
}

/** Line drawings, 24 units wide, in the colour of the text around them. */
const SYMBOLS = Object.entries({
  receiver:
    '<path d="M7.6 3.8l2.7.6 1.2 3.7-2 1.8a12.5 12.5 0 0 0 4.9 4.9l1.8-2 3.7 1.2.6 2.7c.1.9-.6 1.7-1.5 1.7C11.5 18.9 5.1 12.5 5.6 5.2c.1-.9 1.1-1.6 2-1.4z"/>',
  microphone: '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>',
  muted: '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M4 4l16 16"/>',
  speaker: '<path d="M4 9.5h3.5L12 5.5v13L7.5 14.5H4zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>',
  send: '<path d="M4.5 11.5L20 4l-5.5 16-3.5-6.5zM11 13.5L20 4"/>',
  close: '<path d="M6 6l12 12M18 6L6 18"/>',
  quiet: '<path d="M6 17h12l-1.5-2.5V10a4.5 4.5 0 0 0-9 0v4.5zM10 20h4M4 4l16 16"/>',
  shield: '<path d="M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 12l2.2 2.2L15.2 10"/>',
  back: '<path d="M14.5 5.5L8 12l6.5 6.5"/>',
})
  .map(([name, shapes]) => `<symbol id="icon-${name}" viewBox="0 0 24 24">${shapes}</symbol>`)
  .join('');

const KEYS: [string, string][] = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
];

const KEYPAD = KEYS.map(
  ([key, letters]) =>
    `<button type="button" class="key" data-key="${key}" data-testid="keypad-${key}"><b>${key}</b><small aria-hidden="true">${letters}</small></button>`,
).join('');

/** The page's skeleton; the scripts fill it. The first script makes relative addresses work when the final slash is missing. */
export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>Phone</title>
<script>if (!/(\\/|\\.html)$/.test(location.pathname)) location.replace(location.pathname + '/' + location.search + location.hash);</script>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="phone.css">
<script src="phone.js" defer></script>
</head>
<body>
<svg hidden aria-hidden="true">${SYMBOLS}</svg>
<header class="desk">
  <label for="person">Phone of</label>
  <select id="person" data-testid="person"></select>
  <span class="desk-note">A simulated phone: no real messages, no real calls.</span>
</header>
<main class="phone" aria-label="Phone">
  <div class="status-bar" aria-hidden="true"><span id="clock"></span><span class="island"></span><span class="bars"><i></i><i></i><i></i><i></i></span></div>
  <p id="offline" class="offline" role="status" hidden>Connection lost. Trying again…</p>

  <section id="chat-screen" class="screen" aria-label="Chat">
    <button type="button" id="open-profile" class="chat-header" data-testid="open-profile" aria-haspopup="dialog">
      <span class="avatar" data-initials></span>
      <span class="chat-title"><b data-business></b><small id="permission-line" data-testid="permission-line"></small></span>
      ${icon('shield')}
    </button>
    <button type="button" id="call-business" class="call-business" data-testid="call-business">${icon('receiver')}Call the business</button>
    <button type="button" id="return-to-call" class="ribbon" data-testid="return-to-call" hidden>${icon('receiver')}<span></span></button>
    <ol id="chat" class="chat" data-testid="chat" aria-live="polite" aria-label="Messages"></ol>
    <form id="composer" class="composer">
      <label class="hidden" for="message-input">Message to the business</label>
      <input id="message-input" data-testid="message-input" autocomplete="off" placeholder="Message" maxlength="4096">
      <button type="submit" id="send" data-testid="send" aria-label="Send">${icon('send')}</button>
    </form>
  </section>

  <section id="ringing" class="screen call" data-testid="ringing" role="dialog" aria-modal="true" aria-labelledby="ringing-name" aria-describedby="ringing-line" hidden>
    <div class="caller">
      <p class="call-kind" id="ringing-line">Incoming voice call</p>
      <h2 id="ringing-name" data-business></h2>
      <span class="avatar large pulse" data-initials></span>
    </div>
    <div class="row">
      <div><button type="button" id="decline" class="round red" data-testid="decline">${icon('receiver')}</button><label for="decline">Decline</label></div>
      <div><button type="button" id="ignore" class="round plain" data-testid="ignore">${icon('quiet')}</button><label for="ignore">Ignore</label></div>
      <div><button type="button" id="answer" class="round green" data-testid="answer">${icon('receiver')}</button><label for="answer">Answer</label></div>
    </div>
  </section>

  <section id="in-call" class="screen call" data-testid="in-call" role="dialog" aria-modal="true" aria-labelledby="in-call-name" hidden>
    <div class="caller compact">
      <span class="avatar" data-initials></span>
      <h2 id="in-call-name" data-business></h2>
      <p class="call-kind" id="timer" data-testid="timer" role="timer" aria-live="off"></p>
    </div>
    <p id="call-notice" class="call-notice" data-testid="call-notice" role="status" hidden></p>
    <button type="button" id="continue-here" class="wide" data-testid="continue-here" hidden>Continue the call in this window</button>
    <output id="typed" class="typed" data-testid="typed" aria-label="Digits sent"></output>
    <div class="keypad" id="keypad" role="group" aria-label="Keypad">${KEYPAD}</div>
    <div class="volume">${icon('speaker')}<label class="hidden" for="volume">Speaker volume</label><input id="volume" data-testid="volume" type="range" min="0" max="100" value="100"></div>
    <div class="row">
      <div><button type="button" id="mute" class="round plain" data-testid="mute" aria-pressed="false">${icon('microphone')}${icon('muted')}</button><label for="mute">Mute</label></div>
      <div><button type="button" id="hang-up" class="round red" data-testid="hang-up">${icon('receiver')}</button><label for="hang-up">Hang up</label></div>
      <div><button type="button" id="show-chat" class="round plain" data-testid="show-chat">${icon('back')}</button><label for="show-chat">Chat</label></div>
    </div>
  </section>

  <section id="ended" class="screen call" data-testid="ended" role="status" hidden>
    <div class="caller"><p class="call-kind" id="ended-line"></p><h2 data-business></h2><span class="avatar large" data-initials></span></div>
  </section>

  <section id="profile" class="sheet" data-testid="profile" role="dialog" aria-modal="true" aria-labelledby="profile-name" hidden>
    <div class="sheet-body">
      <button type="button" id="close-profile" class="close" data-testid="close-profile" aria-label="Close">${icon('close')}</button>
      <span class="avatar large" data-initials></span>
      <h2 id="profile-name" data-business></h2>
      <p class="quiet-text">Business account</p>
      <h3>Calls from this business</h3>
      <p id="profile-state" data-testid="profile-state"></p>
      <div class="choices">
        <button type="button" id="profile-always" class="wide strong" data-testid="profile-always">Always allow calls</button>
        <button type="button" id="profile-revoke" class="wide danger" data-testid="profile-revoke">Stop allowing calls</button>
      </div>
    </div>
  </section>
  <p id="toast" class="toast" data-testid="toast" role="alert" hidden></p>
</main>
<audio id="far-voice" autoplay></audio>
</body>
</html>
`;
