import { percent } from '@benchwire/shared/compare/words.ts';
import type { Finding, FindingState } from '@benchwire/shared/contracts/finding.ts';
import type { AlertState, SeriesChart, Severity } from '@benchwire/shared/contracts/notify.ts';
import { commitsOf } from '@benchwire/shared/format/commits.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { fourDigits } from '@benchwire/shared/format/number.ts';
import type { Alert } from './alert.ts';

const STATES: Readonly<Record<FindingState, AlertState>> = {
  suspected: 'suspected',
  confirmed: 'open',
  acknowledged: 'acknowledged',
  dismissed: 'ended',
  went_away: 'ended',
};

/** Of a confirmed regression; where the rules say nothing else. */
const CRITICAL_PERCENT = 20;

/** What a finding is to be told as. Pure. */
export function findingAlert(found: Finding): Alert {
  const { series, source, kind, state, history, change_percent } = found;
  const at = (time: string | undefined): number => Date.parse(time ?? found.detected_at);
  const opened = history.find((each) => each.state === 'confirmed');
  const is_open = state === 'confirmed' || state === 'acknowledged';
  return {
    alert_id: found.finding_id,
    state: STATES[state],
    revision: found.revision,
    opened_ms: opened !== undefined || is_open ? at(opened?.at) : null,
    changed_ms: at(history.at(-1)?.at),
    labels: {
      ...{ type: 'finding', kind, benchmark: series.benchmark, model: series.model, metric: series.metric },
      ...{ executor: series.executor, run: found.run_id, series: found.series_id },
      ...(found.pool === null ? {} : { pool: found.pool }),
      ...(found.incident_id === null ? {} : { incident: found.incident_id }),
      ...(source?.branch === undefined ? {} : { branch: source.branch }),
      ...(source?.commit === undefined ? {} : { commit: source.commit }),
      ...(source?.repo === undefined ? {} : { repository: source.repo }),
      ...(source?.pull_request === undefined ? {} : { pull_request: String(source.pull_request) }),
    },
    change_percent,
    usual_severity: severityOf(found),
    title: titleOf(found),
    facts: factsOf(found),
    path: `/findings/${encodeURIComponent(found.finding_id)}`,
    command: `bw repeat ${found.run_id}`,
    chart: chartOf(found),
  };
}

function severityOf({ kind, change_percent }: Finding): Severity {
  if (kind === 'improvement' || kind === 'unusual') return 'info';
  return kind === 'regression' && Math.abs(change_percent ?? 0) >= CRITICAL_PERCENT ? 'critical' : 'warning';
}

const KINDS: Readonly<Record<Finding['kind'], string>> = {
  regression: 'Regression',
  improvement: 'Improvement',
  change: 'Change',
  drift: 'Drift',
  outlier: 'Outlier',
  failures: 'Failures',
  unusual: 'Unusual result',
};

/** `Regression: bert latency_ms +15.2 %, batch 8`. */
function titleOf({ kind, series, change_percent }: Finding): string {
  const change = change_percent === null ? '' : ` ${percent(change_percent)}`;
  const batch = series.batch_size === null ? '' : `, batch ${series.batch_size}`;
  const model = modelName(series.model);
  const what = model === '' || model === series.benchmark ? series.benchmark : `${series.benchmark} (${model})`;
  return `${KINDS[kind]}: ${what} ${series.metric}${change}${batch}`;
}

function factsOf(found: Finding): Array<[string, string]> {
  const { baseline, value, unit, evidence, source, culprit } = found;
  const of_unit = unit === null ? '' : ` ${unit}`;
  const effect = evidence?.effect_size ?? found.z_score;
  const facts: Array<[string, string | undefined]> = [
    ['Change', `${fourDigits(baseline.median)} → ${fourDigits(value)}${of_unit}`],
    ['Usual range', usualRange(found)],
    ['Effect', `${fourDigits(Math.abs(effect))} times the noise of the series`],
    ['Device', found.pool ?? undefined],
    ['Branch', source?.branch],
    [culprit === null ? 'Commit' : 'Introduced by', culpritOf(found)],
    ['Why', found.message],
  ];
  return facts.flatMap(([label, text]) =>
    text === undefined || text === '–' ? [] : [[label, text] as [string, string]],
  );
}

/** Where 95 % of the values before lie, as far as they are normally distributed. */
const rangeOf = ({ median, scale }: Finding['baseline']): [low: number, high: number] => [
  median - 1.96 * scale,
  median + 1.96 * scale,
];

/** Values before that a picture shows. */
const MAX_CHART_VALUES = 60;

function chartOf({ baseline, value, unit, series, confirmations }: Finding): SeriesChart {
  const [low, high] = rangeOf(baseline);
  const measured_again = confirmations.flatMap((each) => (each.value === null ? [] : [each.value]));
  return {
    ...{ title: series.metric, unit, before: baseline.values.slice(-MAX_CHART_VALUES) },
    ...{ median: baseline.median, low, high, after: [value, ...measured_again.slice(0, 10)] },
  };
}

function usualRange({ baseline, unit }: Finding): string {
  const [low, high] = rangeOf(baseline);
  const { n } = baseline;
  return `${fourDigits(low)} to ${fourDigits(high)}${unit === null ? '' : ` ${unit}`} (95 % of ${n} values before)`;
}

const culpritOf = ({ culprit, source, previous_source }: Finding): string =>
  culprit === null
    ? commitsOf({ source, previous_source })
    : commitsOf({ source: culprit.first_bad.source, previous_source: culprit.last_good.source });
