import { call } from '@benchwire/shared/client/http-client.ts';
import type { AuditItem } from '@benchwire/shared/contracts/api/audit.ts';
import type { ReactNode } from 'react';
import { usePages } from '../../api/use-api.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import type { Column } from '../../parts/data-table.tsx';
import { instantOf } from '../../parts/list/days.ts';
import { type Filter, FilterBar } from '../../parts/list/filter-bar.tsx';
import { ServerList } from '../../parts/list/server-list.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';
import { oneOf, useUrlState } from '../../parts/url-state.ts';

const METHODS = ['POST', 'PUT', 'DELETE'] as const;
const DEFAULTS = { subject: '', path: '', method: '', since: '', until: '' };
const FILTERS: readonly Filter[] = [
  { name: 'subject', kind: 'search', label: 'Who' },
  { name: 'path', kind: 'text', label: 'Path', placeholder: '/api/settings', width: 190 },
  { name: 'method', kind: 'choice', label: 'Method', placeholder: 'any method', choices: [...METHODS], more: true },
  { name: 'since', kind: 'from_day', label: 'From', more: true },
  { name: 'until', kind: 'until_day', label: 'Until', more: true },
];

const COLUMNS: readonly Column<AuditItem>[] = [
  { key: 'at', title: 'When', value: ({ at }) => at, cell: ({ at }) => <At at={at} /> },
  {
    key: 'subject',
    title: 'Who',
    value: ({ subject }) => subject,
    cell: ({ subject }) => (
      <span className="bw-clip" title={subject}>
        {subject}
      </span>
    ),
  },
  { key: 'role', title: 'Role', wide: true, value: ({ role }) => role },
  {
    key: 'what',
    title: 'What',
    value: ({ what }) => what,
    cell: ({ what, target }) => (
      <div className="bw-wrap bw-wrap-narrow">
        {what}
        {target !== '' && <div className="bw-dim bw-phone-only">{target}</div>}
      </div>
    ),
  },
  {
    key: 'target',
    title: 'Target',
    wide: true,
    value: ({ target }) => target,
    cell: ({ target }) => (
      <span className="bw-clip bw-mono" title={target}>
        {target === '' ? '–' : target}
      </span>
    ),
  },
  { key: 'method', title: 'Method', wide: true, value: ({ method }) => method },
  {
    key: 'path',
    title: 'Path',
    wide: true,
    value: ({ path }) => path,
    cell: ({ path }) => (
      <span className="bw-clip bw-mono" title={path}>
        {path}
      </span>
    ),
  },
];

/** Who changed what through the gateway. */
export default function AuditPage(): ReactNode {
  const [filters, change] = useUrlState(DEFAULTS);
  useRefresh('events', ['/api/audit']);
  const { subject, path, method, since, until } = filters;
  const asked = call('GET /api/audit', {
    query: {
      ...{ subject: subject || undefined, path: path || undefined, method: oneOf(METHODS, method) },
      ...{ since: instantOf(since, 'begin'), until: instantOf(until, 'end'), limit: 100 },
    },
  });
  return (
    <>
      <PageHead title="Audit log" note="Every change that was made with a key, a token or a signed-in browser." />
      <FilterBar list="audit" filters={FILTERS} state={filters} defaults={DEFAULTS} change={change} />
      <Panel title="Newest first">
        <ServerList
          label="Audit log"
          of={usePages(asked)}
          asked={asked}
          columns={COLUMNS}
          rowKey={({ event_id }) => event_id}
          empty={<Empty title="No changes match these filters" />}
        />
      </Panel>
    </>
  );
}
