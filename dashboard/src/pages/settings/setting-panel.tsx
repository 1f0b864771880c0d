import type { SettingField, SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import { Alert, Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { Panel } from '../../parts/panel.tsx';
import { Failure } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { sourceWords, valueWords } from './setting-words.ts';
import { useSettingChange } from './use-setting-change.ts';

export type ChangeSetting = ReturnType<typeof useSettingChange>;

interface SettingPanelProps {
  title: string;
  setting: SettingState;
  /** What it does, in a sentence. */
  note: ReactNode;
  /** Labels of the fields; of a setting with one value none is needed. */
  labels?: Readonly<Record<string, string>>;
  /** The form, for those who may change it. */
  children: (change: ChangeSetting) => ReactNode;
  /** What everybody sees of it beside the fields; undefined for those who may only look. */
  more?: (change: ChangeSetting | undefined) => ReactNode;
}

/** One setting: what applies, where it comes from, who changed it, the form, and Reset. */
export function SettingPanel({ title, setting, note, labels, more, children }: SettingPanelProps): ReactNode {
  const may_change = useMay('admin');
  const change = useSettingChange(setting);
  return (
    <Panel title={title} aside={<ChangedBy setting={setting} />}>
      <p className="bw-note">{note}</p>
      {setting.fields.length === 0 ? (
        <p className="bw-note">
          The service that uses this setting has not started yet, so its variables are not known.
        </p>
      ) : (
        <Fields fields={setting.fields} labels={labels} />
      )}
      {more?.(may_change ? change : undefined)}
      {may_change && (
        <div className="bw-stack bw-setting-form">
          {/* The form begins anew with what is set now; what went wrong stays on the page. */}
          <div key={setting.revision}>{children(change)}</div>
          {change.error !== null &&
            (change.isConflict ? (
              <Alert color="orange" title="Changed by someone else" variant="light">
                {change.error.message} The values above are the current ones.
              </Alert>
            ) : (
              <Failure error={change.error} />
            ))}
          {setting.value !== null && (
            <Group gap="xs">
              <Button
                variant="default"
                loading={change.isPending && change.variables === null}
                onClick={() => change.mutate(null)}
              >
                Reset
              </Button>
            </Group>
          )}
        </div>
      )}
    </Panel>
  );
}

function ChangedBy({ setting: { changed_by, changed_at, value } }: { setting: SettingState }): ReactNode {
  if (changed_by === null || changed_at === null) return <span className="bw-dim">never changed</span>;
  return (
    <span className="bw-dim bw-changed-by">
      {value === null ? 'reset' : 'changed'} by {changed_by}, <Ago at={changed_at} />
    </span>
  );
}

/** What applies, field by field, with where it comes from. */
function Fields({
  fields,
  labels,
}: {
  fields: readonly SettingField[];
  labels: SettingPanelProps['labels'];
}): ReactNode {
  return (
    <dl className="bw-setting-fields">
      {fields.map((field) => (
        <div key={field.variable}>
          <dt>{field.field === null ? 'Value' : (labels?.[field.field] ?? field.field)}</dt>
          <dd>
            <span>{valueWords(field.value)}</span>
            <small title={`without the setting: ${valueWords(field.without_setting)}`}>{sourceWords(field)}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
