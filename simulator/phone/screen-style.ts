/** Ringing, in call, ended: dark in both colour schemes, as call screens are. */
export const SCREEN_STYLE = `
.call { position: absolute; inset: 0; z-index: 4; justify-content: space-between; gap: 10px; padding: 40px 26px 30px; color: var(--night-text); background: linear-gradient(170deg, var(--night-2), var(--night) 70%); overflow-y: auto; }
.call { --focus: #9ccaff; }
.caller { display: flex; flex-direction: column; align-items: center; gap: 8px; text-align: center; padding-top: 16px; }
.caller h2 { font-size: 26px; font-weight: 600; overflow-wrap: anywhere; }
.caller .avatar.large { margin-top: 42px; }
.caller.compact { padding-top: 0; gap: 4px; }
.caller.compact h2 { font-size: 21px; }
.call-kind { color: var(--night-soft); font-variant-numeric: tabular-nums; }
.call-notice { padding: 8px 12px; border-radius: 12px; background: rgba(255, 214, 130, .16); color: #ffe1a6; font-size: 13px; text-align: center; }
.call .wide { background: var(--night-button); }
.typed { min-height: 24px; text-align: center; font-size: 19px; letter-spacing: .16em; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.keypad { display: grid; grid-template-columns: repeat(3, 64px); justify-content: center; gap: 10px 26px; }
.key { display: flex; flex-direction: column; align-items: center; justify-content: center; width: 64px; height: 64px; border-radius: 50%; background: var(--night-button); line-height: 1.1; user-select: none; }
.key b { font-size: 24px; font-weight: 500; }
.key small { min-height: 10px; font-size: 9px; letter-spacing: .12em; color: var(--night-soft); }
.key:active, .round.plain:active { background: rgba(255, 255, 255, .3); }
.volume { display: flex; align-items: center; gap: 12px; padding: 0 14px; color: var(--night-soft); }
.volume input { flex: 1; accent-color: #4cc38a; }
.row { display: flex; justify-content: space-around; text-align: center; font-size: 13px; color: var(--night-soft); }
.row div { display: flex; flex-direction: column; align-items: center; gap: 6px; width: 84px; }
.round { display: grid; place-items: center; width: 64px; height: 64px; border-radius: 50%; color: #fff; }
.round .icon { width: 28px; height: 28px; }
.round.green { background: #1f9d62; } .round.red { background: #d63d3d; } .round.plain { background: var(--night-button); }
.round.red .icon { transform: rotate(135deg); }
#mute .icon:last-child, #mute[aria-pressed="true"] .icon:first-child { display: none; }
#mute[aria-pressed="true"] .icon:last-child { display: inline; }
#mute[aria-pressed="true"] { background: #fff; color: #14261c; }
.pulse { animation: pulse 1.6s ease-out infinite; }
@keyframes pulse { from { box-shadow: 0 0 0 0 rgba(76, 195, 138, .55); } to { box-shadow: 0 0 0 34px rgba(76, 195, 138, 0); } }
#ended { justify-content: flex-start; }
@media (prefers-reduced-motion: reduce) { .pulse { animation: none; box-shadow: 0 0 0 8px rgba(76, 195, 138, .35); } }
@media (max-height: 780px) {
  .call { padding-top: 38px; padding-bottom: 18px; }
  .keypad { grid-template-columns: repeat(3, 54px); gap: 7px 26px; }
  .key { width: 54px; height: 54px; }
  .key b { font-size: 20px; }
  .round { width: 56px; height: 56px; }
}
@media (max-width: 560px) and (max-height: 780px) { .call { padding-top: 20px; } }
@media (max-height: 640px) {
  .caller.compact .avatar { display: none; }
  .caller .avatar.large { margin-top: 18px; }
  .keypad { grid-template-columns: repeat(3, 46px); }
  .key { width: 46px; height: 46px; }
}
`;
