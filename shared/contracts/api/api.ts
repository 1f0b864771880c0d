import { auditApi } from './audit.ts';
import { benchmarkApi } from './benchmark.ts';
import { compareApi } from './compare.ts';
import { eventApi } from './events.ts';
import { fileApi } from './files.ts';
import { findingApi } from './findings.ts';
import { fleetApi } from './fleet.ts';
import { gateApi } from './gates.ts';
import { importApi } from './import.ts';
import { keyApi } from './keys.ts';
import { measurementApi } from './measurements.ts';
import { metricApi } from './metrics.ts';
import { modelApi } from './models.ts';
import { nameApi } from './names.ts';
import { notificationApi } from './notifications.ts';
import { overviewApi } from './overview.ts';
import { runApi } from './runs.ts';
import { savedApi } from './saved.ts';
import { seriesApi } from './series.ts';
import { sessionApi } from './session.ts';
import { settingApi } from './settings.ts';
import { type Method, readRouteName, type Signature, type Signatures } from './signature.ts';
import { snapshotApi } from './snapshots.ts';
import { taskApi } from './tasks.ts';
import { testApi } from './tests.ts';

/**
 * The gateway's HTTP API, by what it is about and in the order in which the documentation lists it. Everything else is made
 * from this table: the gateway's routes and their checks, the clients' types, the OpenAPI document, the table of docs/http.md,
 * and the tests of who is refused.
 */
export const API_GROUPS = {
  Session: sessionApi,
  Overview: overviewApi,
  Benchmarks: benchmarkApi,
  Models: modelApi,
  Runs: runApi,
  Files: fileApi,
  Imports: importApi,
  Tasks: taskApi,
  Tests: testApi,
  Measurements: measurementApi,
  Metrics: metricApi,
  Gates: gateApi,
  Settings: settingApi,
  Series: seriesApi,
  Comparison: compareApi,
  Findings: findingApi,
  Notifications: notificationApi,
  Fleet: fleetApi,
  Names: nameApi,
  'Events and rejected messages': eventApi,
  Audit: auditApi,
  'Saved queries and layouts': savedApi,
  Snapshots: snapshotApi,
  Keys: keyApi,
} as const satisfies Readonly<Record<string, Signatures>>;

type Group = (typeof API_GROUPS)[keyof typeof API_GROUPS];
type Merged<U> = (U extends unknown ? (of: U) => void : never) extends (of: infer All) => void ? All : never;

/** Every signature by its route's name. */
export type Api = { [Name in keyof Merged<Group>]: Merged<Group>[Name] };

export interface ApiRoute extends Signature {
  group: string;
  method: Method;
  /** `/api/runs/:run_id` */
  path: string;
}

/** Every route of the API, in the order of the table. */
export const API_ROUTES: readonly ApiRoute[] = Object.entries<Signatures>(API_GROUPS).flatMap(([group, signatures]) =>
  Object.entries(signatures).map(([name, signature]) => ({ group, ...readRouteName(name), ...signature })),
);
