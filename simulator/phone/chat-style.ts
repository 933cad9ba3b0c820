/** The chat, its permission card and the business's profile sheet. */
export const CHAT_STYLE = `
.chat-header { display: flex; align-items: center; gap: 12px; padding: 8px 16px 10px; text-align: left; background: var(--paper); border-bottom: 1px solid var(--line); }
.chat-header:focus-visible { outline-offset: -3px; }
.chat-header .icon { color: var(--green); }
.chat-title { flex: 1; min-width: 0; display: flex; flex-direction: column; line-height: 1.25; }
.chat-title b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chat-title small { color: var(--soft); font-size: 13px; }
.call-business { display: flex; align-items: center; justify-content: center; gap: 8px; padding: 7px; border-bottom: 1px solid var(--line); background: var(--paper); color: var(--green); font-weight: 600; font-size: 14px; }
.call-business .icon { width: 17px; height: 17px; }
.call-business:focus-visible { outline-offset: -3px; }
.call-business:disabled { opacity: .5; }
.ribbon { display: flex; align-items: center; justify-content: center; gap: 8px; padding: 7px; background: var(--green); color: var(--on-green); font-weight: 600; font-size: 14px; }
.ribbon .icon { width: 18px; height: 18px; }
.chat { flex: 1; overflow-y: auto; overscroll-behavior: contain; margin: 0; padding: 14px 12px; list-style: none; display: flex; flex-direction: column; gap: 6px; }
.chat::before { content: ""; margin-top: auto; }
.bubble { max-width: 82%; padding: 7px 11px 5px; border-radius: 14px; background: var(--theirs); align-self: flex-start; border-top-left-radius: 4px; box-shadow: 0 1px 1px rgba(10, 30, 20, .1); overflow-wrap: anywhere; white-space: pre-wrap; }
.bubble.mine { align-self: flex-end; background: var(--mine); border-radius: 14px; border-top-right-radius: 4px; }
.bubble time { display: block; margin-top: 1px; text-align: right; font-size: 11px; color: var(--soft); }
.line { align-self: center; display: flex; align-items: center; gap: 6px; max-width: 90%; padding: 5px 12px; border-radius: 12px; background: var(--note); color: var(--soft); font-size: 13px; text-align: center; overflow-wrap: anywhere; }
.line .icon { width: 15px; height: 15px; }
.line time { font-size: 11px; white-space: nowrap; }
.day { align-self: center; margin: 6px 0; font-size: 12px; color: var(--soft); }
.card { width: 92%; max-width: 92%; padding: 14px 14px 7px; white-space: normal; display: flex; flex-direction: column; gap: 10px; }
.card-title { display: flex; align-items: center; gap: 8px; font-weight: 600; }
.card-title .icon { color: var(--green); }
.card p { white-space: pre-wrap; }
.card > time { margin-top: -4px; }
.card .explain { font-size: 13px; color: var(--soft); }
.card .state { display: flex; align-items: center; justify-content: space-between; gap: 10px; padding-top: 8px; border-top: 1px solid var(--line); font-weight: 600; }
.card .state button { color: var(--green); font-weight: 600; padding: 6px 4px; }
.choices { display: flex; flex-direction: column; gap: 8px; }
.wide { width: 100%; padding: 10px 14px; border-radius: 12px; background: var(--button); font-weight: 600; text-align: center; }
.wide.strong { background: var(--green); color: var(--on-green); }
.wide.strong:hover:enabled { background: var(--green-strong); }
.wide.danger { color: var(--red); }
.composer { display: flex; gap: 8px; padding: 8px 12px 14px; background: var(--paper); border-top: 1px solid var(--line); }
.composer input { flex: 1; min-width: 0; padding: 9px 16px; border-radius: 22px; border: 1px solid var(--line); background: var(--wall); }
.composer button { display: grid; place-items: center; width: 42px; height: 42px; border-radius: 50%; background: var(--green); color: var(--on-green); }
.composer button .icon { width: 21px; height: 21px; }
.sheet { position: absolute; inset: 0; z-index: 5; display: flex; align-items: flex-end; background: rgba(8, 16, 12, .5); }
.sheet-body { position: relative; flex: 1; display: flex; flex-direction: column; align-items: center; gap: 6px; padding: 26px 20px 28px; background: var(--paper); border-radius: 24px 24px 0 0; text-align: center; }
.sheet h2 { font-size: 21px; margin-top: 8px; }
.sheet h3 { align-self: flex-start; margin-top: 16px; font-size: 15px; }
.sheet .choices { align-self: stretch; margin-top: 8px; }
#profile-state { align-self: flex-start; text-align: left; color: var(--soft); }
.quiet-text { color: var(--soft); font-size: 14px; }
.close { position: absolute; top: 14px; right: 14px; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; background: var(--note); }
`;
