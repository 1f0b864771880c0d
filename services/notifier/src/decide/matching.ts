import { matchesPattern } from '@benchwire/shared/contracts/name-pattern.ts';
import {
  LABELS,
  type Labels,
  type Matchers,
  type NotifyRules,
  type Route,
  type Severity,
} from '@benchwire/shared/contracts/notify.ts';
import type { Alert } from './alert.ts';

/** Whether every label that is named fits one of its patterns, in any case of letters. Pure. */
export function matches(labels: Labels, wanted: Matchers): boolean {
  return LABELS.every((label) => {
    const patterns = wanted[label];
    if (patterns === undefined) return true;
    const text = (labels[label] ?? '').toLowerCase();
    return [patterns].flat().some((pattern) => matchesPattern(text, pattern.toLowerCase()));
  });
}

/** An alert's labels with what the rules make of it. Pure. */
export function labelsOf(alert: Alert, rules: Pick<NotifyRules, 'severities'>): Labels & { severity: Severity } {
  const labels = { ...alert.labels, state: alert.state };
  const found = rules.severities.find(
    ({ match, min_change_percent = 0 }) =>
      Math.abs(alert.change_percent ?? 0) >= min_change_percent && matches(labels, match),
  );
  return { ...labels, severity: found?.severity ?? alert.usual_severity };
}

/** Where an alert goes: a route with what it has from those above it. */
export interface Destination extends Omit<Route, 'routes' | 'match' | 'continue'> {
  /** Its places in the tree: `0.2`. */
  at: string;
  receiver: string;
}

/**
 * The destinations of an alert. Of the routes below one that matches, the first that matches takes it, and those after it as long as they say
 * `continue`; where none does, the route itself takes it. Pure.
 */
export function destinations(labels: Labels, root: Route): Destination[] {
  const walk = (route: Route, at: string, above: Partial<Destination>): Destination[] => {
    if (!matches(labels, route.match)) return [];
    const { routes, match: _, continue: __, ...own } = route;
    const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    const here: Partial<Destination> = { ...above, ...said, at };
    const found: Destination[] = [];
    for (const [index, inner] of routes.entries()) {
      const below = walk(inner, `${at}.${index}`, here);
      found.push(...below);
      if (below.length > 0 && !inner.continue) return found;
    }
    if (found.length > 0) return found;
    return here.receiver === undefined ? [] : [here as Destination];
  };
  return walk(root, '0', {});
}
