import type { SettingField, SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import type { DetectionFields, RetentionDays } from '@benchwire/shared/contracts/server-setting.ts';

/** How a field of detection is called, with its unit. */
export const DETECTION_WORDS: Record<keyof DetectionFields, { label: string; hint: string }> = {
  threshold: { label: 'Threshold, sigma', hint: 'distance from the median from which one value is suspected' },
  min_runs: { label: 'Minimum runs', hint: 'points before one value is judged' },
  window: { label: 'Window, runs', hint: 'points of the level that one value is compared with, at most' },
  least_change_percent: { label: 'Smallest change, %', hint: 'smaller changes are not reported' },
  confirm_runs: { label: 'Re-runs, at most', hint: 'for one suspicion; 0 requests none' },
  confirm_kinds: { label: 'Kinds re-run', hint: 'kinds of suspicions that request re-runs' },
};

export const RETENTION_WORDS: Record<keyof RetentionDays, string> = {
  samples: 'Raw samples',
  events: 'Events',
  attempts: 'Attempts',
  results: 'Results',
  findings: 'Findings',
  rejected: 'Rejected messages',
};

/** A value of a setting as people read it. */
export function valueWords(value: SettingState['value']): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((each) => valueWords(each)).join(', ');
  if (typeof value === 'object') {
    const parts = Object.entries(value).map(([name, each]) => `${name} ${valueWords(each)}`);
    return parts.length === 0 ? 'none' : parts.join(', ');
  }
  return String(value);
}

/** Where a value comes from. */
export function sourceWords({ from, variable }: Pick<SettingField, 'from' | 'variable'>): string {
  switch (from) {
    case 'setting':
      return 'setting';
    case 'variable':
      return `variable ${variable}`;
    case 'default':
      return `default (${variable})`;
  }
}
