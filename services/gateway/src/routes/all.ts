import { benchmarkRoutes } from './benchmark.ts';
import { compareRoutes } from './compare.ts';
import { eventRoutes } from './events.ts';
import { findingRoutes } from './findings.ts';
import { fleetRoutes } from './fleet.ts';
import { keyRoutes } from './keys.ts';
import { measurementRoutes } from './measurements.ts';
import type { Route } from './route.ts';
import { runRoutes } from './runs.ts';
import { savedRoutes } from './saved.ts';
import { seriesRoutes } from './series.ts';
import { sessionRoutes } from './session.ts';
import { taskRoutes } from './tasks.ts';

/** The routes by what they are about, in the order in which the documentation lists them. */
export const ROUTE_GROUPS: Readonly<Record<string, readonly Route[]>> = {
  Session: sessionRoutes,
  Benchmarks: benchmarkRoutes,
  Runs: runRoutes,
  Tasks: taskRoutes,
  Measurements: measurementRoutes,
  Series: seriesRoutes,
  Comparison: compareRoutes,
  Findings: findingRoutes,
  Fleet: fleetRoutes,
  'Events and rejected messages': eventRoutes,
  'Saved queries and layouts': savedRoutes,
  Keys: keyRoutes,
};

/** The one table of the API: what there is, who may, and what goes in and out. */
export const ROUTES: readonly Route[] = Object.values(ROUTE_GROUPS).flat();
