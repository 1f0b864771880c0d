import type { Settings, SettingVariable } from '@benchwire/shared/contracts/server-setting.ts';
import { DEFAULT_SETTINGS, type DetectorSettings } from '@benchwire/shared/detect/settings.ts';
import { detectionFor } from '@benchwire/shared/verdict/detection-rules.ts';
import type { MainBranches } from '@benchwire/shared/verdict/lines.ts';
import type { z } from 'zod';
import type { anomalyConfig } from '../config.ts';
import type { ConfirmationOptions } from './confirmation.ts';
import type { DetectorOptions } from './detector.ts';

type AnomalyConfig = z.infer<typeof anomalyConfig>;

/** How changes of one series are looked for. */
interface SeriesDetection {
  single: DetectorOptions;
  /** Smallest change worth a finding, in percent. */
  least_change_percent: number;
  confirmation: Pick<ConfirmationOptions, 'runs' | 'kinds'>;
}

/** How this service looks for changes: what is set, and the variables for what is not. */
export interface Detection {
  main_branches: MainBranches;
  levels: DetectorSettings;
  /** Re-runs in an hour. */
  confirm_per_hour: number;
  detectionOf(of: { benchmark: string; metric: string }): SeriesDetection;
}

/** Series names that are kept with their limits: one look-up a point instead of a comparison with every rule. */
const MAX_KEPT = 10_000;

/** What applies. Pure but for what it keeps. */
export function detectionOf(config: AnomalyConfig, settings: Settings): Detection {
  const { detection: rules = [] } = settings;
  const kept = new Map<string, SeriesDetection>();
  return {
    main_branches: settings.main_branches ?? config.ANOMALY_MAIN_BRANCHES,
    levels: { ...DEFAULT_SETTINGS, window: settings.history_points ?? config.ANOMALY_HISTORY },
    confirm_per_hour: settings.confirm_per_hour ?? config.ANOMALY_CONFIRM_PER_HOUR,
    detectionOf: ({ benchmark, metric }) => {
      const name = JSON.stringify([benchmark, metric]);
      const known = kept.get(name);
      if (known !== undefined) return known;
      if (kept.size >= MAX_KEPT) kept.clear();
      const found = ofSeries(config, detectionFor(rules, benchmark, metric), metric);
      kept.set(name, found);
      return found;
    },
  };
}

function ofSeries(config: AnomalyConfig, set: ReturnType<typeof detectionFor>, metric: string): SeriesDetection {
  const min_runs = set.min_runs ?? config.ANOMALY_MIN_RUNS;
  return {
    single: {
      threshold: set.threshold ?? config.ANOMALY_THRESHOLD,
      min_runs,
      // Two rules, or a rule and a variable, may give a window that is smaller.
      window: Math.max(min_runs, set.window ?? config.ANOMALY_WINDOW),
    },
    least_change_percent: set.least_change_percent ?? config.ANOMALY_LEAST_CHANGE.get(metric) ?? 0,
    confirmation: {
      runs: set.confirm_runs ?? config.ANOMALY_CONFIRM_RUNS,
      kinds: set.confirm_kinds ?? config.ANOMALY_CONFIRM_KINDS,
    },
  };
}

/** The variables that settings go before, as this service was started. */
export function variablesOf(config: AnomalyConfig, isSet: (variable: string) => boolean): SettingVariable[] {
  const of = (
    setting: SettingVariable['setting'],
    field: string | null,
    variable: keyof AnomalyConfig,
    value: unknown,
  ) => ({
    ...{ setting, field, variable, is_set: isSet(variable) },
    value: value as SettingVariable['value'],
  });
  return [
    of('main_branches', null, 'ANOMALY_MAIN_BRANCHES', config.ANOMALY_MAIN_BRANCHES),
    of('detection', 'threshold', 'ANOMALY_THRESHOLD', config.ANOMALY_THRESHOLD),
    of('detection', 'min_runs', 'ANOMALY_MIN_RUNS', config.ANOMALY_MIN_RUNS),
    of('detection', 'window', 'ANOMALY_WINDOW', config.ANOMALY_WINDOW),
    of('detection', 'least_change_percent', 'ANOMALY_LEAST_CHANGE', Object.fromEntries(config.ANOMALY_LEAST_CHANGE)),
    of('detection', 'confirm_runs', 'ANOMALY_CONFIRM_RUNS', config.ANOMALY_CONFIRM_RUNS),
    of('detection', 'confirm_kinds', 'ANOMALY_CONFIRM_KINDS', config.ANOMALY_CONFIRM_KINDS),
    of('confirm_per_hour', null, 'ANOMALY_CONFIRM_PER_HOUR', config.ANOMALY_CONFIRM_PER_HOUR),
    of('history_points', null, 'ANOMALY_HISTORY', config.ANOMALY_HISTORY),
  ];
}
