import type { Scenario } from './scenario.ts';
import type { Summary } from './summary.ts';

const COLOURS = ['#3366cc', '#dc7633', '#229954', '#8e44ad', '#c0392b', '#7f8c8d', '#b7950b', '#148f77', '#2c3e50'];

/** One page that needs nothing else: what the scenario is, how each strategy did, and what ran where. */
export function htmlReport(name: string, scenario: Scenario, summaries: readonly Summary[]): string {
  const kinds = [...new Set(scenario.work.map((work) => work.name))];
  const colours = new Map(kinds.map((kind, index) => [kind, COLOURS[index % COLOURS.length] ?? '#000']));
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${inHtml(name)} · Benchwire simulation</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #ddd; }
td:first-child, th:first-child { text-align: left; } h2 { margin-top: 2rem; } svg { background: #fafafa; }
.key span { display: inline-block; width: .8rem; height: .8rem; margin: 0 .3rem 0 1rem; }
</style>
<h1>${inHtml(name)}</h1><p>${inHtml(scenario.what)}</p>
<p>Simulated: the real decision core on a virtual clock, seed ${scenario.seed}. The bound is what no schedule can beat.</p>
${overview(summaries)}
<p class="key">${kinds.map((kind) => `<span style="background:${colours.get(kind)}"></span>${inHtml(kind)}`).join('')}</p>
${summaries.map((summary) => section(summary, colours)).join('\n')}
</html>
`;
}

function overview(summaries: readonly Summary[]): string {
  const longest = Math.max(...summaries.map(({ makespan_seconds }) => makespan_seconds));
  const rows = summaries.map(
    (each) => `<tr><td>${inHtml(each.strategy)}</td><td>${each.makespan_seconds.toFixed(1)}</td>
<td>${each.to_lower_bound.toFixed(3)}</td><td>${(each.utilization * 100).toFixed(1)} %</td>
<td>${each.fairness === null ? '–' : each.fairness.toFixed(3)}</td><td>${each.retries}</td><td>${each.stolen}</td>
<td><svg width="300" height="14"><rect width="${(300 * each.makespan_seconds) / longest}" height="14" fill="#9bb7d9"/>
<rect x="${(300 * each.lower_bound_seconds) / longest - 1}" width="2" height="14" fill="#c0392b"/></svg></td></tr>`,
  );
  return `<table><tr><th>strategy</th><th>makespan s</th><th>× bound</th><th>busy</th><th>fairness</th><th>retries</th>
<th>stolen</th><th>makespan, bound in red</th></tr>${rows.join('')}</table>`;
}

function section(summary: Summary, colours: ReadonlyMap<string, string>): string {
  const waits = summary.waits.map(
    (each) => `<tr><td>${each.priority}</td><td>${each.tasks}</td><td>${each.median_seconds.toFixed(1)}</td>
<td>${each.p95_seconds.toFixed(1)}</td><td>${each.longest_seconds.toFixed(1)}</td></tr>`,
  );
  return `<h2>${inHtml(summary.strategy)}, run times ${summary.warm ? 'known' : 'unknown'} at the start</h2>
${busyChart(summary.busy)}
<table><tr><th>priority</th><th>attempts</th><th>wait: median s</th><th>p95 s</th><th>longest s</th></tr>${waits.join('')}</table>
<table>${Object.entries(summary.by_pool)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pool, used]) => `<tr><td>${inHtml(pool)}</td><td>${usedBar(used, colours)}</td></tr>`)
    .join('')}</table>`;
}

/** Share of slots in use over time. */
function busyChart(busy: readonly number[]): string {
  const width = 900 / busy.length;
  const bars = busy.map((share, part) => {
    const height = Math.min(1, share) * 60;
    return `<rect x="${(part * width).toFixed(1)}" y="${(60 - height).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  return `<svg width="900" height="60" fill="#9bb7d9"><title>slots in use over time</title>${bars.join('')}</svg>`;
}

/** What a pool spent its time on. */
function usedBar(used: Readonly<Record<string, number>>, colours: ReadonlyMap<string, string>): string {
  const total = Object.values(used).reduce((a, b) => a + b, 0);
  let x = 0;
  const parts = Object.entries(used).map(([kind, seconds]) => {
    const width = (700 * seconds) / total;
    const part = `<rect x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="14" fill="${colours.get(kind)}"><title>${inHtml(kind)}: ${seconds.toFixed(0)} s</title></rect>`;
    x += width;
    return part;
  });
  return `<svg width="700" height="14">${parts.join('')}</svg>`;
}

function inHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
