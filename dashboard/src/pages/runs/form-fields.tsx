import { call } from '@benchwire/shared/client/http-client.ts';
import { HARDWARE_CLASSES } from '@benchwire/shared/contracts/hardware-classes.ts';
import { Autocomplete, MultiSelect, Select, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useGet } from '../../api/use-api.ts';
import type { RequestForm } from './request-form.ts';

/** One benchmark of one model; whatever needs more is written in YAML. */
export function FormFields({
  form,
  onChange,
}: {
  form: RequestForm;
  onChange: (fields: Partial<RequestForm>) => void;
}): ReactNode {
  const { data: matrix } = useGet(call('GET /api/matrix', { query: { metric: 'latency_ms' } }));
  const known = [...new Set(matrix?.items.map(({ model }) => model))].sort();
  const text = (
    field: keyof RequestForm & ('name' | 'batch_sizes' | 'iterations' | 'precision' | 'priority' | 'commit'),
  ) => ({
    value: form[field],
    onChange: (event: { currentTarget: { value: string } }) => onChange({ [field]: event.currentTarget.value }),
  });
  return (
    <div className="bw-form">
      <Autocomplete
        label="Model"
        description="A catalogue name, a file path on the worker, or an https URL"
        data={known}
        value={form.model}
        onChange={(model) => onChange({ model })}
        required
        className="bw-form-wide"
        comboboxProps={{ transitionProps: { duration: 0 } }}
      />
      <TextInput label="Run name" placeholder="optional" {...text('name')} />
      <TextInput label="Commit" placeholder="optional" {...text('commit')} />
      <TextInput label="Batch sizes" {...text('batch_sizes')} />
      <TextInput label="Iterations per batch size" {...text('iterations')} />
      <TextInput label="Precision" placeholder="from the model" {...text('precision')} />
      <Select
        label="Scenario"
        data={[
          { value: 'single_stream', label: 'single stream' },
          { value: 'offline', label: 'offline' },
        ]}
        value={form.scenario}
        onChange={(scenario) => onChange({ scenario: scenario ?? 'single_stream' })}
      />
      <MultiSelect
        label="Hardware"
        placeholder={form.hardware.length === 0 ? 'any' : ''}
        data={[...HARDWARE_CLASSES]}
        value={form.hardware}
        onChange={(hardware) => onChange({ hardware })}
        comboboxProps={{ transitionProps: { duration: 0 } }}
      />
      <Select
        label="Placement"
        data={[
          { value: 'any', label: 'on any matching machine' },
          { value: 'each', label: 'once on every kind of matching machine' },
        ]}
        value={form.placement}
        onChange={(placement) => onChange({ placement: placement ?? 'any' })}
      />
      <TextInput label="Priority" description="0 to 100, higher runs first" {...text('priority')} />
    </div>
  );
}
