import { API_ROUTES } from '../contracts/api/api.ts';
import { BENCHMARK_SOCKET_PATH, LIVE_PATH } from '../contracts/api/live.ts';

const BEGIN = '<!-- npm run schemas writes this table -->';
const END = '<!-- end of the table -->';

const SOCKETS = [
  { group: 'Live', path: LIVE_PATH, summary: 'What happens, by topic' },
  { group: 'Live', path: BENCHMARK_SOCKET_PATH, summary: 'How far a run is, at once and after each change' },
].map((socket) => ({ ...socket, method: 'WS', role: 'viewer' }));

/** Who may do what over HTTP, as a table: every route with the role that it needs. Pure. */
function routeTable(): string {
  let last = '';
  const lines = [...API_ROUTES, ...SOCKETS].map(({ group, method, path, role, summary }) => {
    const about = group === last ? '' : group;
    last = group;
    return `| ${about} | \`${method} ${path}\` | ${role ?? 'none'} | ${summary.replaceAll('|', '\\|')} |`;
  });
  return ['| about | route | role | |', '|---|---|---|---|', ...lines].join('\n');
}

/** docs/http.md with the table of routes as the signatures are now. @throws Error where the page has no place for it */
export function withRouteTable(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/http.md has no place for its table of routes: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${routeTable()}\n\n${page.slice(end)}`;
}
