import { API_ROUTES, type ApiRoute } from '@benchwire/shared/contracts/api/api.ts';
import type { Issue } from '@benchwire/shared/contracts/request.ts';
import type { SnapshotAnswer, SnapshotFile } from '@benchwire/shared/contracts/snapshot.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';

/** Answers of these are no page's data. */
const NEVER = /^\/api\/(session|tickets|keys|snapshots)\b/;

const patterns = new Map<ApiRoute, RegExp>();

/** The route that a path belongs to; one without parameters is meant first. */
function routeOf({ method, path }: SnapshotAnswer): ApiRoute | undefined {
  if (NEVER.test(path) || (method === 'POST' && path !== '/api/sql')) return undefined;
  const fitting = API_ROUTES.filter((route) => route.method === method && patternOf(route).test(path));
  return fitting.toSorted((a, b) => a.path.split(':').length - b.path.split(':').length)[0];
}

function patternOf(route: ApiRoute): RegExp {
  const known = patterns.get(route);
  if (known !== undefined) return known;
  const made = new RegExp(`^${route.path.replaceAll('.', String.raw`\.`).replaceAll(/:\w+/g, '[^/]+')}$`);
  patterns.set(route, made);
  return made;
}

/**
 * Holds each answer of a snapshot against the contract of its route, so that a page that shows it gets what it would get from the
 * API. Pure.
 * @returns the snapshot with what the contracts know and every viewer may see, or what is wrong with which answer
 */
export function checkSnapshot(file: SnapshotFile): { ok: true; file: SnapshotFile } | { ok: false; issues: Issue[] } {
  const issues: Issue[] = [];
  const answers = file.answers.flatMap((each, at): SnapshotAnswer[] => {
    const path = `answers.${at}`;
    const route = routeOf(each);
    if (route === undefined || (route.content_type ?? 'application/json') !== 'application/json') {
      const message = `${each.method} ${each.path} is not a route whose answer a page shows`;
      issues.push({ path: `${path}.path`, code: 'unknown_route', message });
      return [];
    }
    if (route.role !== 'viewer') return [];
    const parsed = parseWith(route.answer, each.answer);
    if (parsed.ok) return [{ ...each, answer: parsed.value }];
    for (const issue of parsed.issues) {
      const below = issue.path === '(message)' ? '' : `.${issue.path}`;
      const message = `${issue.message}: this is not an answer of ${each.method} ${route.path} of this version`;
      issues.push({ ...issue, path: `${path}.answer${below}`, message });
    }
    return [];
  });
  return issues.length === 0 ? { ok: true, file: { ...file, answers } } : { ok: false, issues };
}
