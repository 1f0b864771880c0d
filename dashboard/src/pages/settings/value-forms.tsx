import type { SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import type { RetentionDays } from '@benchwire/shared/contracts/server-setting.ts';
import { Button, NumberInput, TagsInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { ChangeSetting } from './setting-panel.tsx';
import { RETENTION_WORDS } from './setting-words.ts';

interface ValueFormProps {
  setting: SettingState;
  change: ChangeSetting;
}

/** A form with a button that saves. */
function SavingForm({
  change,
  disabled,
  onSave,
  children,
}: {
  change: ChangeSetting;
  disabled: boolean;
  onSave: () => void;
  children: ReactNode;
}): ReactNode {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSave();
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      {children}
      <Button
        type="submit"
        loading={change.isPending && change.variables !== null}
        disabled={disabled}
        className="bw-start"
      >
        Save
      </Button>
    </form>
  );
}

/** A list of branches. */
export function BranchesForm({ setting, change }: ValueFormProps): ReactNode {
  const [own] = setting.fields;
  const known = Array.isArray(own?.value) ? own.value.map(String) : [];
  const [branches, setBranches] = useState(known);
  return (
    <SavingForm change={change} disabled={branches.length === 0} onSave={() => change.mutate(branches)}>
      <TagsInput
        label="Branches"
        description="names, with * for any text; the first is the trunk"
        value={branches}
        onChange={setBranches}
      />
    </SavingForm>
  );
}

/** One whole number. */
export function NumberForm({
  setting,
  change,
  label,
  description,
  min,
  max,
}: ValueFormProps & { label: string; description: string; min: number; max: number }): ReactNode {
  const [value, setValue] = useState<string | number>(Number(setting.fields[0]?.value ?? min));
  return (
    <SavingForm change={change} disabled={typeof value !== 'number'} onSave={() => change.mutate(Number(value))}>
      <NumberInput
        label={label}
        description={description}
        value={value}
        min={min}
        max={max}
        allowDecimal={false}
        onChange={setValue}
      />
    </SavingForm>
  );
}

/** Days for each kind of rows; an empty field is left to its variable. */
export function RetentionForm({ setting, change }: ValueFormProps): ReactNode {
  const [days, setDays] = useState<RetentionDays>((setting.value ?? {}) as RetentionDays);
  const isEmpty = Object.values(days).every((each) => each === undefined);
  return (
    <SavingForm change={change} disabled={isEmpty} onSave={() => change.mutate(JSON.parse(JSON.stringify(days)))}>
      <div className="bw-fields">
        {Object.entries(RETENTION_WORDS).map(([field, label]) => (
          <NumberInput
            key={field}
            label={`${label}, days`}
            placeholder="variable"
            value={days[field as keyof RetentionDays] ?? ''}
            min={1}
            max={36_500}
            allowDecimal={false}
            onChange={(value) => setDays({ ...days, [field]: typeof value === 'number' ? value : undefined })}
          />
        ))}
      </div>
    </SavingForm>
  );
}
