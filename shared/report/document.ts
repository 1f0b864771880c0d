import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** A report as one HTML document that needs nothing else: no script, no file, no network. */
export function document(title: string, version: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Benchwire ${version}">
<title>${title} · Benchwire</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`.text;
}

export const time = (iso: string): string => iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');

export function table(
  head: ReadonlyArray<readonly [title: string, numeric?: 'n']>,
  rows: ReadonlyArray<ReadonlyArray<Html | string>>,
): Html {
  const cell = (content: Html | string, at: number): Html =>
    html`<td${new Html(head[at]?.[1] === 'n' ? ' class="n"' : '')}>${content}</td>`;
  return html`<div class="scroll"><table><thead><tr>${head.map(([title, numeric]) => html`<th${new Html(numeric === 'n' ? ' class="n"' : '')}>${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}
