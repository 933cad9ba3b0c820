/** Colours, the desk with the phone on it, and what every screen shares. Full screen below 560 px. */
export const FRAME_STYLE = `
:root {
  color-scheme: light dark;
  --desk: #e7ebe8; --desk-text: #46524c; --case: #1b211e;
  --paper: #ffffff; --wall: #f0f2ee; --text: #17201b; --soft: #5d6a63; --line: #dde3de;
  --mine: #d5f3df; --theirs: #ffffff; --note: #e3e8e4; --button: #e6ebe7;
  --green: #18794e; --green-strong: #14663f; --on-green: #ffffff; --red: #c93a3a; --focus: #1668c7;
  --night: #12261d; --night-2: #1d4a36; --night-text: #eef6f1; --night-soft: #b4cabd; --night-button: rgba(255, 255, 255, .14);
}
@media (prefers-color-scheme: dark) {
  :root {
    --desk: #0b0f0d; --desk-text: #a5b3ab; --case: #2a322e;
    --paper: #161d19; --wall: #0f1512; --text: #e8efea; --soft: #9aa8a0; --line: #27312c;
    --mine: #17492f; --theirs: #1f2824; --note: #232c27; --button: #32403a;
    --green: #35a36f; --green-strong: #4cb984; --on-green: #06140c; --red: #e05656; --focus: #7db5f5;
    --night: #0a1510; --night-2: #123324;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; margin: 0; }
body {
  display: flex; flex-direction: column; align-items: center; gap: 14px; min-height: 100dvh; padding: 16px;
  background: var(--desk); color: var(--text);
  font: 15px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; border: 0; background: none; padding: 0; touch-action: manipulation; }
button:disabled { cursor: default; opacity: .5; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
h2, h3, p { margin: 0; }
.icon { width: 24px; height: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.desk { display: flex; align-items: center; gap: 10px; width: min(100%, 400px); color: var(--desk-text); font-size: 14px; flex-wrap: wrap; }
.desk select { flex: 1; min-width: 0; padding: 6px 10px; border-radius: 10px; border: 1px solid var(--line); background: var(--paper); color: var(--text); }
.desk-note { flex-basis: 100%; font-size: 12px; }
.phone {
  position: relative; display: flex; flex-direction: column; overflow: hidden; flex: 0 1 auto;
  width: 400px; height: min(820px, calc(100dvh - 104px)); min-height: 560px;
  background: var(--case); border: 10px solid var(--case); border-radius: 46px;
  box-shadow: 0 24px 60px rgba(10, 25, 18, .28), 0 2px 6px rgba(10, 25, 18, .2);
}
.status-bar { display: flex; justify-content: space-between; align-items: center; padding: 8px 22px 4px; font-size: 13px; font-weight: 600; background: var(--paper); }
.phone:has(.call:not([hidden])) .status-bar { position: relative; z-index: 6; background: none; color: var(--night-text); }
.island { width: 84px; height: 20px; border-radius: 10px; background: var(--case); }
.bars { display: flex; align-items: flex-end; gap: 2px; height: 11px; }
.bars i { width: 3px; background: currentColor; border-radius: 1px; }
.bars i:nth-child(1) { height: 4px; } .bars i:nth-child(2) { height: 6px; } .bars i:nth-child(3) { height: 9px; } .bars i:nth-child(4) { height: 11px; }
.offline { padding: 6px 16px; text-align: center; font-size: 13px; background: #8a5a00; color: #fff; }
#chat-screen { background: var(--wall); }
.screen { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.avatar {
  display: grid; place-items: center; flex: none; width: 40px; height: 40px; border-radius: 50%;
  background: linear-gradient(145deg, #2f9d6c, #14663f); color: #fff; font-weight: 600; letter-spacing: .02em;
}
.avatar.large { width: 112px; height: 112px; font-size: 38px; }
.toast {
  position: absolute; left: 16px; right: 16px; top: 44px; z-index: 9; padding: 10px 14px; border-radius: 12px;
  background: #2b1d1d; color: #fff; font-size: 14px; box-shadow: 0 6px 20px rgba(0, 0, 0, .35);
}
@media (max-width: 560px) {
  body { padding: 0; gap: 0; align-items: stretch; }
  .desk { width: auto; padding: 6px 12px; padding-top: max(6px, env(safe-area-inset-top)); background: var(--desk); }
  .desk-note { display: none; }
  .phone { width: auto; height: auto; min-height: 0; flex: 1 1 0; border: 0; border-radius: 0; box-shadow: none; padding-bottom: env(safe-area-inset-bottom); }
  .status-bar { display: none; }
}
@media (min-width: 561px) and (max-height: 740px) {
  .phone { min-height: 0; }
  .desk-note { display: none; }
  .phone { height: calc(100dvh - 82px); }
}
`;
