import { call } from '@benchwire/shared/client/http-client.ts';
import type { BenchmarkModel } from '@benchwire/shared/contracts/api/benchmark.ts';
import { BENCHMARK_TYPES } from '@benchwire/shared/contracts/benchmark-names.ts';
import { HARDWARE_CLASSES } from '@benchwire/shared/contracts/hardware-classes.ts';
import { Button, Checkbox, MultiSelect, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { useGet } from '../../api/use-api.ts';
import { type ModelsForm, measuresSeveral, NAMED } from './models-form.ts';

interface Props {
  form: ModelsForm;
  onChange: (fields: Partial<ModelsForm>) => void;
}

const TYPES = {
  inference: 'latency, and how long a model takes to start',
  throughput: 'latency, and several instances at once',
  both: 'all of these',
} as const satisfies Record<(typeof BENCHMARK_TYPES)[number], string>;
const still = { transitionProps: { duration: 0 } };

/** Several models of the catalogue on several kinds of hardware: the form of `bw bench`. */
export function ModelsFields({ form, onChange }: Props): ReactNode {
  return (
    <div className="bw-form">
      <ModelChoice form={form} onChange={onChange} />
      <Select
        label="Priority"
        description="Without models: all models of this priority. With models: how urgent the run is"
        placeholder="none"
        clearable
        data={NAMED}
        value={form.priority === '' ? null : form.priority}
        onChange={(priority) => onChange({ priority: (priority ?? '') as ModelsForm['priority'] })}
        comboboxProps={still}
      />
      <MultiSelect
        label="Hardware"
        description="A task for each of these"
        placeholder={form.hardware.length === 0 ? 'any' : ''}
        data={[...HARDWARE_CLASSES]}
        value={form.hardware}
        onChange={(hardware) => onChange({ hardware })}
        comboboxProps={still}
      />
      <Select
        label="Measure"
        data={[
          { value: '', label: 'latency' },
          ...BENCHMARK_TYPES.map((type) => ({ value: type, label: TYPES[type] })),
        ]}
        value={form.type}
        allowDeselect={false}
        onChange={(type) => onChange({ type: (type ?? '') as ModelsForm['type'] })}
        comboboxProps={still}
      />
      <TextInput
        label="Instances at once"
        disabled={!measuresSeveral(form)}
        value={form.concurrency}
        onChange={(event) => onChange({ concurrency: event.currentTarget.value })}
      />
      <TextInput
        label="Batch sizes"
        description="Numbers, or auto: those worth measuring"
        value={form.batch_sizes}
        onChange={(event) => onChange({ batch_sizes: event.currentTarget.value })}
      />
      <Select
        label="Precision"
        placeholder="fp32"
        clearable
        data={['fp32', 'fp16', 'bf16']}
        value={form.precision === '' ? null : form.precision}
        onChange={(precision) => onChange({ precision: precision ?? '' })}
        comboboxProps={still}
      />
      <Select
        label="Size of model types"
        data={[
          { value: 'base', label: 'base: the default configuration' },
          { value: 'tiny', label: 'tiny' },
        ]}
        value={form.size}
        allowDeselect={false}
        onChange={(size) => onChange({ size: size === 'tiny' ? 'tiny' : 'base' })}
        comboboxProps={still}
      />
      <TextInput
        label="Measure again after days"
        description="With “Only what is missing”; empty: never"
        disabled={!form.incremental}
        value={form.max_age_days}
        onChange={(event) => onChange({ max_age_days: event.currentTarget.value })}
      />
      <Switches form={form} onChange={onChange} />
    </div>
  );
}

function Switches({ form, onChange }: Props): ReactNode {
  const box = (field: 'progressive' | 'incremental' | 'mix' | 'wait' | 'report', label: string, disabled = false) => (
    <Checkbox
      label={label}
      checked={form[field]}
      disabled={disabled}
      onChange={(event) => onChange({ [field]: event.currentTarget.checked })}
    />
  );
  return (
    <div className="bw-stack bw-form-wide">
      {box('progressive', 'Progressive: small models and batch sizes first')}
      {box('incremental', 'Only what is missing on this hardware with these packages')}
      {box('mix', 'All model types at once as well', !measuresSeveral(form))}
      {box('wait', 'Start also where no worker has PyTorch yet')}
      {box('report', 'Save a report when the run has ended')}
    </div>
  );
}

/** Searched in the catalogue by name and family; without a search those of high priority are offered. */
function ModelChoice({ form, onChange }: Props): ReactNode {
  const [search, setSearch] = useState('');
  const [family, setFamily] = useState('');
  const [asked] = useDebouncedValue({ search: search.trim(), family: family.trim() }, 250);
  const query =
    asked.search === '' && asked.family === ''
      ? { priority: ['high' as const] }
      : {
          ...(asked.search === '' ? {} : { search: asked.search }),
          ...(asked.family === '' ? {} : { family: [asked.family] }),
        };
  const { data } = useGet(call('GET /api/benchmark/models', { query }));
  const found = (data?.items ?? []).filter(({ in_catalogue }) => in_catalogue);
  const can_run = found.filter(canRun).map(({ model }) => model);
  const missing = can_run.filter((model) => !form.models.includes(model));
  return (
    <>
      <MultiSelect
        label="Models"
        description="Searched in the catalogue; without a search those of high priority are listed"
        className="bw-form-wide"
        searchable
        clearable
        limit={100}
        searchValue={search}
        onSearchChange={setSearch}
        nothingFoundMessage="No model of the catalogue has this name."
        data={[
          ...form.models.map((model) => ({ value: model, label: model })),
          ...found
            .filter(({ model }) => !form.models.includes(model))
            .map((each) => ({ value: each.model, label: each.model, disabled: !canRun(each) })),
        ]}
        value={form.models}
        onChange={(models) => onChange({ models })}
        comboboxProps={still}
      />
      <TextInput
        label="Family"
        description="Narrows the models to those of a family, such as bert"
        value={family}
        onChange={(event) => setFamily(event.currentTarget.value)}
      />
      <Button
        variant="default"
        style={{ alignSelf: 'end' }}
        disabled={missing.length === 0 || (asked.family === '' && asked.search === '')}
        onClick={() => onChange({ models: [...form.models, ...missing] })}
      >
        Add the {missing.length} found
      </Button>
    </>
  );
}

const canRun = ({ catalogue }: BenchmarkModel): boolean =>
  catalogue === undefined || catalogue.runs.some(({ can }) => can !== false);
