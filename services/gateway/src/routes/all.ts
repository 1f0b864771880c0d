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

/** The one table of the API: what there is, who may, and what goes in and out. */
export const ROUTES: readonly Route[] = [
  ...sessionRoutes,
  ...benchmarkRoutes,
  ...runRoutes,
  ...measurementRoutes,
  ...taskRoutes,
  ...fleetRoutes,
  ...seriesRoutes,
  ...compareRoutes,
  ...findingRoutes,
  ...eventRoutes,
  ...savedRoutes,
  ...keyRoutes,
];
