import { API_GROUPS } from '@benchwire/shared/contracts/api/api.ts';
import { auditHandlers } from './audit.ts';
import { benchmarkHandlers } from './benchmark.ts';
import { compareHandlers } from './compare.ts';
import { eventHandlers } from './events.ts';
import { fileHandlers } from './files.ts';
import { findingHandlers } from './findings.ts';
import { fleetHandlers } from './fleet.ts';
import { gateHandlers } from './gates.ts';
import { importHandlers } from './import.ts';
import { keyHandlers } from './keys.ts';
import { measurementHandlers } from './measurements.ts';
import { metricHandlers } from './metrics.ts';
import { modelHandlers } from './models.ts';
import { nameHandlers } from './names.ts';
import { notificationHandlers } from './notifications.ts';
import { overviewHandlers } from './overview.ts';
import { type Route, routesOf } from './route.ts';
import { runHandlers } from './runs.ts';
import { savedHandlers } from './saved.ts';
import { seriesHandlers } from './series.ts';
import { sessionHandlers } from './session.ts';
import { settingHandlers } from './settings.ts';
import { snapshotHandlers } from './snapshots.ts';
import { taskHandlers } from './tasks.ts';
import { testHandlers } from './tests.ts';

const GROUPS = {
  Session: routesOf(API_GROUPS.Session, sessionHandlers),
  Overview: routesOf(API_GROUPS.Overview, overviewHandlers),
  Benchmarks: routesOf(API_GROUPS.Benchmarks, benchmarkHandlers),
  Models: routesOf(API_GROUPS.Models, modelHandlers),
  Runs: routesOf(API_GROUPS.Runs, runHandlers),
  Files: routesOf(API_GROUPS.Files, fileHandlers),
  Imports: routesOf(API_GROUPS.Imports, importHandlers),
  Tasks: routesOf(API_GROUPS.Tasks, taskHandlers),
  Tests: routesOf(API_GROUPS.Tests, testHandlers),
  Measurements: routesOf(API_GROUPS.Measurements, measurementHandlers),
  Metrics: routesOf(API_GROUPS.Metrics, metricHandlers),
  Gates: routesOf(API_GROUPS.Gates, gateHandlers),
  Settings: routesOf(API_GROUPS.Settings, settingHandlers),
  Series: routesOf(API_GROUPS.Series, seriesHandlers),
  Comparison: routesOf(API_GROUPS.Comparison, compareHandlers),
  Findings: routesOf(API_GROUPS.Findings, findingHandlers),
  Notifications: routesOf(API_GROUPS.Notifications, notificationHandlers),
  Fleet: routesOf(API_GROUPS.Fleet, fleetHandlers),
  Names: routesOf(API_GROUPS.Names, nameHandlers),
  'Events and rejected messages': routesOf(API_GROUPS['Events and rejected messages'], eventHandlers),
  Audit: routesOf(API_GROUPS.Audit, auditHandlers),
  'Saved queries and layouts': routesOf(API_GROUPS['Saved queries and layouts'], savedHandlers),
  Snapshots: routesOf(API_GROUPS.Snapshots, snapshotHandlers),
  Keys: routesOf(API_GROUPS.Keys, keyHandlers),
} satisfies Record<keyof typeof API_GROUPS, Route[]>;

/** Every route of the API with what answers it. */
export const ROUTES: readonly Route[] = Object.values(GROUPS).flat();
