/** How a report looks: by the reader's own choice light or dark, and on paper. No file from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --card: #f6f7f9; --text: #1c2128; --quiet: #57606a; --rule: #d0d7de;
  --good: #116329; --good-back: #dafbe1; --bad: #a40e26; --bad-back: #ffebe9; --band: #d4a72c40; --focus: #0969da;
  --s0: #0a5cb8; --s1: #b93f00; --s2: #0b7a6f; --s3: #9a2fa8; --s4: #57606a; --s5: #8a6100; --s6: #b3265e; --s7: #3d4bc0; }
@media (prefers-color-scheme: dark) { :root { --back: #0f1318; --card: #171c23; --text: #e6edf3; --quiet: #a3adb8; --rule: #343c46;
  --good: #7ee2a0; --good-back: #12361f; --bad: #ffaba6; --bad-back: #4a1519; --band: #d4a72c38; --focus: #6cb6ff;
  --s0: #6cb6ff; --s1: #ffab70; --s2: #5fd8c6; --s3: #e0a2f5; --s4: #b3bdc8; --s5: #f2cc60; --s6: #ff9cc0; --s7: #a5b0ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main, header, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; } footer { padding-bottom: 3rem; color: var(--quiet); }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; } h2 { font-size: 1.35rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 0; } p { margin: .5rem 0; } code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
.quiet, .unit { color: var(--quiet); font-weight: normal; } .unit { font-size: .9em; }
.verdict { margin: 1.25rem 0; padding: 1rem 1.25rem; border-radius: .6rem; font-size: 1.3rem; font-weight: 600; border-left: .5rem solid; }
.verdict p { margin: 0; } .verdict p + p { font-size: 1rem; font-weight: normal; }
.passed { color: var(--good); background: var(--good-back); } .failed { color: var(--bad); background: var(--bad-back); }
td .passed, td .failed { padding: .1rem .5rem; border-radius: 1rem; font-weight: 600; white-space: nowrap; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; }
.facts div { background: var(--card); border-radius: .6rem; padding: .7rem .9rem; }
.facts dt { color: var(--quiet); font-size: .88rem; } .facts dd { margin: 0; font-size: 1.45rem; font-weight: 600; line-height: 1.25; }
figure { margin: 1.25rem 0; background: var(--card); border-radius: .6rem; padding: 1rem 1.1rem; break-inside: avoid; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: .35rem 0; padding: 0; font-size: .9rem; }
.key { width: 1.6rem; height: .55rem; margin-right: .4rem; } .chart { width: 100%; height: auto; display: block; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; } .grid { stroke: var(--rule); stroke-width: 1; }
.tick { fill: var(--quiet); font-size: 12px; } .band { fill: var(--band); } .mark { fill: var(--text); font-size: 12px; font-weight: 600; } .column { fill: transparent; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); stroke-dasharray: 7 3; } .s2 { stroke: var(--s2); } .s3 { stroke: var(--s3); stroke-dasharray: 2 4; }
.s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); stroke-dasharray: 7 3; } .s6 { stroke: var(--s6); } .s7 { stroke: var(--s7); stroke-dasharray: 2 4; }
.scroll { overflow-x: auto; } .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding: .4rem 0; } th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--rule); vertical-align: top; }
th:first-child { text-align: left; } thead th { color: var(--quiet); font-weight: 600; } tbody th { font-weight: 500; }
.words table :is(td, th) { text-align: left; } .words td:has(.bar) { white-space: nowrap; } summary { cursor: pointer; color: var(--quiet); font-size: .92rem; }
.bar { display: inline-block; height: .65rem; border-radius: .2rem; background: var(--s1); vertical-align: baseline; margin-left: .6rem; }
dl.about { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; } dl.about dt { color: var(--quiet); } dl.about dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl.about { grid-template-columns: 1fr; } dl.about dd { margin-bottom: .5rem; } h1 { font-size: 1.5rem; } }
@media print { :root { --back: #fff; --card: #fff; --text: #000; --quiet: #444; } body { font-size: 10.5pt; } figure { border: 1px solid var(--rule); padding: .5rem; }
  h2 { break-after: avoid; } .scroll { overflow: visible; } tr { break-inside: avoid; } }
`;
