import { call } from '@benchwire/shared/client/http-client.ts';
import type { GateRule, WrittenGate } from '@benchwire/shared/contracts/gate.ts';
import { Button, Group, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../../api/use-api.ts';
import { notifyFailure } from '../../parts/notify.ts';

/** What may be chosen for the fields that are a choice. */
const CHOICES = {
  unknown_direction: ['higher_is_worse', 'lower_is_worse', 'either_is_worse'],
  on_slower: ['fail', 'warn'],
  on_cannot_tell: ['pass', 'warn', 'fail', 'repeat'],
  on_known_regression: ['fail', 'warn', 'pass'],
} as const satisfies { [Field in keyof WrittenGate]?: ReadonlyArray<NonNullable<WrittenGate[Field]>> };
const LABELS: Record<keyof typeof CHOICES, string> = {
  unknown_direction: 'Where the better direction is unknown',
  on_slower: 'Slower',
  on_cannot_tell: 'Cannot tell',
  on_known_regression: 'Known regression',
};
const BUDGET = { runs: 10, seconds: 3600 };

/** Sets every field of a gate; one that is left empty is the request's or the default. */
export function GateForm({ rule, onDone }: { rule: GateRule | undefined; onDone: () => void }): ReactNode {
  const [benchmark, setBenchmark] = useState(rule?.benchmark ?? '');
  const [gate, setGate] = useState<WrittenGate>(rule?.gate ?? {});
  const save = useChange(
    (body: WrittenGate) => call('PUT /api/gates/:benchmark', { params: { benchmark: benchmark.trim() }, body }),
    ['/api/gates', '/api/runs'],
  );
  const set = (change: Partial<WrittenGate>): void => setGate({ ...gate, ...change });
  /** An empty field takes the whole budget back. */
  const budget = (field: keyof typeof BUDGET, value: string | number): void =>
    set({
      repeat_budget: typeof value === 'number' ? { ...BUDGET, ...gate.repeat_budget, [field]: value } : undefined,
    });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(JSON.parse(JSON.stringify(gate)), {
      onError: notifyFailure,
      onSuccess: () => {
        setBenchmark('');
        setGate({});
        onDone();
      },
    });
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      <TextInput
        label="Benchmark"
        description="its name, or a pattern with * for any text: nightly-*"
        value={benchmark}
        readOnly={rule !== undefined}
        onChange={(event) => setBenchmark(event.currentTarget.value)}
        required
      />
      <TagsInput
        label="Metrics that count"
        description="names, with * for any text; empty: the median latency or throughput, and others whose direction is known"
        value={gate.metrics ?? []}
        onChange={(metrics) => set({ metrics: metrics.length === 0 ? undefined : metrics })}
      />
      <NumberInput
        label="Smallest change that matters, in percent"
        value={gate.min_change_percent ?? ''}
        min={0}
        onChange={(value) => set({ min_change_percent: typeof value === 'number' ? value : undefined })}
      />
      {(Object.keys(CHOICES) as Array<keyof typeof CHOICES>).map((field) => (
        <Select
          key={field}
          label={LABELS[field]}
          placeholder="default"
          clearable
          data={CHOICES[field].map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
          value={gate[field] ?? null}
          onChange={(value) => set({ [field]: value ?? undefined })}
        />
      ))}
      <Group gap="xs" grow align="flex-start">
        <NumberInput
          label="Repetitions at most"
          description="of repeat; empty: 10 in 3600 s"
          value={gate.repeat_budget?.runs ?? ''}
          min={1}
          max={100}
          onChange={(value) => budget('runs', value)}
        />
        <NumberInput
          label="Within seconds"
          description="after the run has ended"
          value={gate.repeat_budget?.seconds ?? ''}
          min={1}
          max={86_400}
          onChange={(value) => budget('seconds', value)}
        />
      </Group>
      <Group gap="xs">
        <Button type="submit" loading={save.isPending} disabled={benchmark.trim() === ''}>
          Set gate
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
