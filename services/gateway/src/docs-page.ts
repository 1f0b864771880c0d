import type { Route } from './routes/route.ts';

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The route table for people: plain HTML without scripts or styles, so that it works under any policy. */
export function docsPage(routes: readonly Route[]): string {
  const rows = routes.map(
    ({ method, url, role, summary }) =>
      `<tr><td>${method}</td><td><code>${escaped(url)}</code></td><td>${role ?? 'none'}</td><td>${escaped(summary)}</td></tr>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Benchwire API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<h1>Benchwire API</h1>
<p>Send <code>Authorization: Bearer KEY</code>; <code>bw key create</code> makes a key. Bodies and answers are JSON, described
in <a href="/openapi.json">/openapi.json</a>; errors are <code>application/problem+json</code>. Live messages: WebSocket <code>/api/ws</code>.</p>
<table border="1" cellpadding="4"><thead><tr><th>method</th><th>path</th><th>least role</th><th>what</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></body></html>
`;
}
