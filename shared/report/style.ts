/** Of the report, in itself: light and dark as the reader has it, and for paper. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --dim: #59636e; --line: #dfe3e8; --ground: #fff; --mark: #0b62a8; --bad: #b03a0a; }
@media (prefers-color-scheme: dark) { :root { --text: #e3e7ec; --dim: #9ba5b0; --line: #343b44; --ground: #14181c; --mark: #6fb4ec; --bad: #f0884a; } }
body { margin: 0 auto; padding: 24px 20px 48px; max-width: 1240px; background: var(--ground); color: var(--text); font: 14px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; margin: 0; } h2 { font-size: 16px; margin: 30px 0 8px; }
.dim, caption, footer { color: var(--dim); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th { color: var(--dim); font-size: 12px; } .n { text-align: right; } .wrap { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 220px; }
svg { color: var(--mark); } svg rect, svg circle { fill: currentColor; } svg path { fill: none; stroke: currentColor; stroke-width: 1.4; }
svg text { fill: var(--dim); font-size: 11px; } svg .name { fill: var(--text); font-size: 12px; } svg .axis { stroke: var(--line); }
svg .interval { stroke: currentColor; stroke-width: 4; opacity: 0.35; }
.charts { display: flex; flex-wrap: wrap; gap: 14px; }
summary { cursor: pointer; }
pre { padding: 12px; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; font-size: 12px; }
footer { margin-top: 36px; border-top: 1px solid var(--line); padding-top: 10px; font-size: 12px; }
@media print { body { max-width: none; padding: 0; } tr, svg { break-inside: avoid; } }
`;
