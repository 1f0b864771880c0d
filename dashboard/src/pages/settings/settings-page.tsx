import { call } from '@benchwire/shared/client/http-client.ts';
import type { SettingState } from '@benchwire/shared/contracts/api/settings.ts';
import type { DetectionRule, SettingName } from '@benchwire/shared/contracts/server-setting.ts';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/session.ts';
import { useGet } from '../../api/use-api.ts';
import { PageHead } from '../../parts/panel.tsx';
import { Answer } from '../../parts/states.tsx';
import { RuleForm, RuleTable, rulesOf } from './detection-rules.tsx';
import { SettingPanel } from './setting-panel.tsx';
import { DETECTION_WORDS, RETENTION_WORDS } from './setting-words.ts';
import { BranchesForm, NumberForm, RetentionForm } from './value-forms.tsx';

const DETECTION_LABELS = Object.fromEntries(
  Object.entries(DETECTION_WORDS).map(([field, { label }]) => [field, label]),
);

/** Settings of the server: what applies, where each value comes from, who changed it. Admins change them here. */
export default function SettingsPage(): ReactNode {
  const may_change = useMay('admin');
  const settings = useGet(call('GET /api/settings'));
  return (
    <>
      <PageHead
        title="Settings"
        note={
          <>
            A setting overrides the server's variable at once, without a restart. Reset returns to the variable.{' '}
            {may_change ? '' : 'Admins can change them. '}See also <Link href="/gates">gates</Link>
            {may_change && (
              <>
                {' '}
                and <Link href="/keys">API keys</Link>
              </>
            )}
            .
          </>
        }
      />
      <Answer of={settings} height={400}>
        {({ settings: all }) => (
          <div className="bw-grid">
            {COLUMNS.map(({ className, names }) => (
              <div key={className + names[0]} className={`${className} bw-stack`}>
                {all
                  .filter(({ name }) => names.includes(name))
                  .map((setting) => (
                    <OneSetting key={setting.name} setting={setting} />
                  ))}
              </div>
            ))}
          </div>
        )}
      </Answer>
    </>
  );
}

/** Which settings stand below each other. */
const COLUMNS: ReadonlyArray<{ className: string; names: readonly SettingName[] }> = [
  { className: 'bw-12', names: ['detection'] },
  { className: 'bw-6', names: ['main_branches', 'confirm_per_hour', 'history_points'] },
  { className: 'bw-6', names: ['retention'] },
];

function OneSetting({ setting }: { setting: SettingState }): ReactNode {
  return PANELS[setting.name](setting);
}

const PANELS: Record<SettingName, (setting: SettingState) => ReactNode> = {
  main_branches: (setting) => (
    <SettingPanel
      title="Main branches"
      setting={setting}
      note="Only these branches have levels and findings; other branches are compared with them."
    >
      {(change) => <BranchesForm setting={setting} change={change} />}
    </SettingPanel>
  ),
  detection: (setting) => <DetectionPanel setting={setting} />,
  confirm_per_hour: (setting) => (
    <SettingPanel
      title="Re-runs per hour"
      setting={setting}
      note="Suspicions request re-runs by themselves, up to this many in an hour for each slot of the anomaly service."
    >
      {(change) => (
        <NumberForm
          {...{ setting, change, min: 0, max: 10_000 }}
          label="Re-runs per hour"
          description="0 requests none"
        />
      )}
    </SettingPanel>
  ),
  history_points: (setting) => (
    <SettingPanel
      title="History of a series"
      setting={setting}
      note="The newest points of a series in which levels are looked for. A change reads the histories again."
    >
      {(change) => (
        <NumberForm {...{ setting, change, min: 100, max: 1000 }} label="Points" description="100 to 1,000" />
      )}
    </SettingPanel>
  ),
  retention: (setting) => (
    <SettingPanel
      title="Retention, days"
      setting={setting}
      labels={RETENTION_WORDS}
      note="ClickHouse deletes older rows when it next merges them. Rows that are gone do not come back with a longer time."
    >
      {(change) => <RetentionForm setting={setting} change={change} />}
    </SettingPanel>
  ),
};

function DetectionPanel({ setting }: { setting: SettingState }): ReactNode {
  const [edited, setEdited] = useState<DetectionRule>();
  const rules = rulesOf(setting);
  return (
    <SettingPanel
      title="Detection"
      setting={setting}
      labels={DETECTION_LABELS}
      more={(change) =>
        rules.length > 0 && (
          <>
            <h3 className="bw-subhead">Rules</h3>
            <RuleTable rules={rules} change={change} onEdit={setEdited} />
          </>
        )
      }
      note="How changes are looked for, by benchmark and metric. The most specific rule that has a field counts; these values apply where no rule does. Findings that exist stay; new points are judged by the new limits."
    >
      {(change) => (
        <RuleForm
          key={edited === undefined ? '' : JSON.stringify(edited)}
          rules={rules}
          rule={edited}
          change={change}
          onDone={() => setEdited(undefined)}
        />
      )}
    </SettingPanel>
  );
}
