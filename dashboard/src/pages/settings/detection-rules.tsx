import type { SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import type { DetectionFields, DetectionRule } from '@benchwire/shared/contracts/server-setting.ts';
import { Button, Group, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import type { ChangeSetting } from './setting-panel.tsx';
import { DETECTION_WORDS, valueWords } from './setting-words.ts';

const FIELDS = Object.keys(DETECTION_WORDS) as Array<keyof DetectionFields>;
const KINDS = ['regression', 'improvement', 'change'];
/** Of number fields: what the server takes. */
const LIMITS = {
  threshold: [3, 100],
  min_runs: [5, 100],
  window: [5, 500],
  least_change_percent: [0, 1000],
  confirm_runs: [0, 10],
} as const satisfies { [F in keyof DetectionFields]?: readonly [number, number] };

export const rulesOf = ({ value }: SettingState): DetectionRule[] =>
  Array.isArray(value) ? (value as unknown as DetectionRule[]) : [];

const isSame = (a: DetectionRule, b: DetectionRule): boolean =>
  a.benchmark.toLowerCase() === b.benchmark.toLowerCase() && a.metric.toLowerCase() === b.metric.toLowerCase();

/** Names may be as long as a line of the page; the whole one is in the tooltip. */
const nameColumn = (key: 'benchmark' | 'metric', title: string): Column<DetectionRule> => ({
  ...{ key, title, value: (rule) => rule[key] },
  cell: (rule) => (
    <span className="bw-clip" title={rule[key]}>
      {rule[key]}
    </span>
  ),
});

/** The rules in their order. `change` is undefined for those who may only look. */
export function RuleTable({
  rules,
  change,
  onEdit,
}: {
  rules: readonly DetectionRule[];
  change: ChangeSetting | undefined;
  onEdit: (rule: DetectionRule) => void;
}): ReactNode {
  const remove = (rule: DetectionRule): void => {
    const others = rules.filter((each) => !isSame(each, rule));
    change?.mutate(others.length === 0 ? null : (others as unknown as SettingState['value']));
  };
  const columns: Column<DetectionRule>[] = [
    nameColumn('benchmark', 'Benchmark'),
    nameColumn('metric', 'Metric'),
    ...FIELDS.filter((field) => rules.some((rule) => rule[field] !== undefined)).map(
      (field): Column<DetectionRule> => ({
        key: field,
        title: DETECTION_WORDS[field].label,
        hint: DETECTION_WORDS[field].hint,
        value: (rule) => (rule[field] === undefined ? '' : valueWords(rule[field])),
      }),
    ),
    ...(change === undefined
      ? []
      : [
          {
            key: 'actions',
            title: '',
            value: () => '',
            cell: (rule: DetectionRule) => (
              <Group gap={4} wrap="nowrap">
                <Button size="compact-xs" variant="default" onClick={() => onEdit(rule)}>
                  Edit
                </Button>
                <Button size="compact-xs" variant="default" loading={change.isPending} onClick={() => remove(rule)}>
                  Remove
                </Button>
              </Group>
            ),
          },
        ]),
  ];
  return (
    <DataTable
      label="Detection rules"
      columns={columns}
      rows={rules}
      rowKey={({ benchmark, metric }) => `${benchmark} ${metric}`}
    />
  );
}

/** Adds a rule, or replaces the one for the same benchmark and metric. */
export function RuleForm({
  rules,
  rule,
  change,
  onDone,
}: {
  rules: readonly DetectionRule[];
  rule: DetectionRule | undefined;
  change: ChangeSetting;
  onDone: () => void;
}): ReactNode {
  const [benchmark, setBenchmark] = useState(rule?.benchmark ?? '');
  const [metric, setMetric] = useState(rule?.metric ?? '*');
  const [fields, setFields] = useState<DetectionFields>(rule ?? {});
  const set = (field: keyof DetectionFields, value: unknown): void =>
    setFields({ ...fields, [field]: value === '' ? undefined : value });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const said = Object.fromEntries(FIELDS.map((field) => [field, fields[field]]));
    const next = { ...said, benchmark: benchmark.trim(), metric: metric.trim() } as DetectionRule;
    const at = rules.findIndex((each) => isSame(each, next));
    const changed = at < 0 ? [...rules, next] : rules.with(at, next);
    change.mutate(JSON.parse(JSON.stringify(changed)), { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      <div className="bw-fields">
        <TextInput
          label="Benchmark"
          description="its name, or a pattern with * for any text"
          placeholder="nightly-*"
          value={benchmark}
          readOnly={rule !== undefined}
          onChange={(event) => setBenchmark(event.currentTarget.value)}
          required
        />
        <TextInput
          label="Metric"
          description="such as latency_ms; * for all"
          value={metric}
          readOnly={rule !== undefined}
          onChange={(event) => setMetric(event.currentTarget.value)}
          required
        />
        {(Object.keys(LIMITS) as Array<keyof typeof LIMITS>).map((field) => (
          <NumberInput
            key={field}
            label={DETECTION_WORDS[field].label}
            description={DETECTION_WORDS[field].hint}
            placeholder="not set"
            value={fields[field] ?? ''}
            min={LIMITS[field][0]}
            max={LIMITS[field][1]}
            onChange={(value) => set(field, value)}
          />
        ))}
        <MultiSelect
          label={DETECTION_WORDS.confirm_kinds.label}
          description={DETECTION_WORDS.confirm_kinds.hint}
          placeholder={fields.confirm_kinds === undefined ? 'not set' : ''}
          data={KINDS}
          value={fields.confirm_kinds ?? []}
          onChange={(kinds) => set('confirm_kinds', kinds.length === 0 ? '' : kinds)}
        />
      </div>
      <Group gap="xs">
        <Button
          type="submit"
          loading={change.isPending && change.variables !== null}
          disabled={benchmark.trim() === '' || metric.trim() === ''}
        >
          {rule === undefined ? 'Add rule' : 'Save rule'}
        </Button>
        {rule !== undefined && (
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        )}
      </Group>
    </form>
  );
}
