import { call } from '@benchwire/shared/client/http-client.ts';
import type { Digest } from '@benchwire/shared/contracts/digest.ts';
import { modelName } from '@benchwire/shared/format/model-name.ts';
import { Button, Menu, Select } from '@mantine/core';
import { IconFileText } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { formatCount } from '../../format/numbers.ts';
import { Facts } from '../../parts/facts.tsx';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { PdfItem } from '../../parts/report-menu.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { ChangeTable, DigestGroupTable } from './digest-tables.tsx';

const DEFAULTS = { days: '30' };
const PERIODS = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
];
const EXPORTS = [
  { path: 'report', label: 'HTML' },
  { path: 'markdown', label: 'Markdown' },
];
const DAY_MS = 86_400_000;

/** What got slower, the worst first, and what of it is settled. */
export default function SlowerPage(): ReactNode {
  const [{ days }, change] = useUrlState(DEFAULTS);
  const period = PERIODS.find(({ value }) => value === days)?.value ?? DEFAULTS.days;
  useRefresh('findings', ['/api/digest']);
  // Fixed while the page shows the period, so that asking again is the same question.
  const since = useMemo(() => new Date(Date.now() - Number(period) * DAY_MS).toISOString(), [period]);
  const found = useGet(call('GET /api/digest', { query: { since } }), { every_ms: 60_000 });
  return (
    <>
      <PageHead title="What got slower" note="Regressions found in this time, the greatest change first.">
        <Select
          aria-label="Period"
          data={PERIODS}
          value={period}
          onChange={(next) => change({ days: next ?? DEFAULTS.days })}
          allowDeselect={false}
        />
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconFileText size={16} />}>
              Export digest
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {EXPORTS.map(({ path, label }) => (
              <Menu.Item key={path} component="a" href={`/api/digest/${path}?since=${since}`} download>
                {label}
              </Menu.Item>
            ))}
            <PdfItem path={call('GET /api/digest/report').path} query={{ since }} />
            <Menu.Item component="a" href={`/api/digest?since=${since}`} download="benchwire-digest.json">
              JSON
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </PageHead>
      <Answer of={found} height={300}>
        {(digest) => <Found digest={digest} />}
      </Answer>
    </>
  );
}

function Found({ digest }: { digest: Digest }): ReactNode {
  const names = useHardwareNames();
  const { opened, closed, improvements, by_model, by_hardware } = digest;
  const still_open = opened.filter(({ closed_at }) => closed_at === null).length;
  return (
    <div className="bw-grid">
      <Panel title="Summary">
        <Facts
          facts={[
            {
              name: 'Regressions found',
              value: `${formatCount(opened.length)}${digest.truncated ? ' or more' : ''}`,
              unit: `${formatCount(still_open)} still open`,
            },
            { name: 'Settled', value: formatCount(closed.length) },
            { name: 'Improvements', value: formatCount(improvements.length) },
            { name: 'Open in all', value: formatCount(digest.open_regressions) },
            {
              ...{ name: 'Runs finished', value: formatCount(digest.finished_runs) },
              unit: `${formatCount(digest.failed_runs)} with failed tasks`,
            },
          ]}
        />
        {digest.truncated && (
          <p className="bw-note">More was found than is listed: the lists have the greatest changes of this time.</p>
        )}
      </Panel>
      {opened.length === 0 ? (
        <Empty title="Nothing got slower in this time">
          Findings need at least six measurements of a series. <Link href="/analytics">Analytics</Link> compares whole
          periods.
        </Empty>
      ) : (
        <Panel title="Regressions">
          <ChangeTable label="Regressions" entries={opened} />
        </Panel>
      )}
      {by_model.length > 0 && (
        <>
          <Panel title="By model" className="bw-6">
            <DigestGroupTable label="By model" groups={by_model} nameOf={modelName} />
          </Panel>
          <Panel title="By hardware" className="bw-6">
            <DigestGroupTable label="By hardware" groups={by_hardware} nameOf={names.pool} />
          </Panel>
        </>
      )}
      {closed.length > 0 && (
        <Panel title="Settled in this time">
          <ChangeTable label="Settled in this time" entries={closed} />
        </Panel>
      )}
      {improvements.length > 0 && (
        <Panel title="Improvements">
          <ChangeTable label="Improvements" entries={improvements} />
        </Panel>
      )}
    </div>
  );
}
