import { call } from '@benchwire/shared/client/http-client.ts';
import type { notificationApi } from '@benchwire/shared/contracts/api/notifications.ts';
import type { BodyOf } from '@benchwire/shared/contracts/api/signature.ts';
import type { Silence } from '@benchwire/shared/contracts/notify.ts';
import { Button, Group, Select, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { actionColumn } from '../../parts/action-column.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty, Failure } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';

type NewSilence = BodyOf<(typeof notificationApi)['POST /api/notifications/silences']>;
type Row = Silence & { id: string };

/** What an alert can be matched by here; the command line knows all labels. */
const LABELS = ['benchmark', 'model', 'metric', 'pool', 'worker', 'branch', 'commit', 'kind'] as const;
const TIMES = [
  { value: '3600', label: '1 hour' },
  { value: '14400', label: '4 hours' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '1 week' },
];
const SILENCES = '/api/notifications/silences';

const COLUMNS: readonly Column<Row>[] = [
  { key: 'match', title: 'Alerts', value: ({ match }) => matchWords(match) },
  { key: 'until', title: 'Until', value: ({ until }) => until, cell: ({ until }) => <At at={until} /> },
  {
    ...{ key: 'reason', title: 'Reason', value: ({ reason, by }) => `${reason} (${by})` },
    cell: ({ reason, by }) => (
      <div className="bw-wrap">
        {reason} ({by})
      </div>
    ),
  },
];

const matchWords = (match: Silence['match']): string =>
  Object.entries(match)
    .map(([label, patterns]) => `${label} ${[patterns].flat().join(' or ')}`)
    .join(', ');

/** What keeps alerts back for a time. */
export function Silences(): ReactNode {
  const may_operate = useMay('operator');
  const silences = useGet(call('GET /api/notifications/silences'));
  const end = useChange(
    ({ silence_id }: Row) => call('DELETE /api/notifications/silences/:silence_id', { params: { silence_id } }),
    [SILENCES],
  );
  return (
    <Panel title="Silences" className="bw-5">
      <Answer of={silences}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No silences" />
          ) : (
            <DataTable
              label="Silences"
              columns={may_operate ? [...COLUMNS, actionColumn('end', 'End now', end)] : COLUMNS}
              rows={items.map((item) => ({ ...item, id: item.silence_id }))}
              rowKey={({ id }) => id}
            />
          )
        }
      </Answer>
      {may_operate && <SilenceForm />}
    </Panel>
  );
}

function SilenceForm(): ReactNode {
  const [label, setLabel] = useState<(typeof LABELS)[number]>('benchmark');
  const [pattern, setPattern] = useState('');
  const [seconds, setSeconds] = useState('3600');
  const [reason, setReason] = useState('');
  const add = useChange((body: NewSilence) => call('POST /api/notifications/silences', { body }), [SILENCES]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate(
      { match: { [label]: pattern.trim() }, seconds: Number(seconds), reason: reason.trim() },
      {
        onSuccess: () => {
          setPattern('');
          setReason('');
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      <Group gap="xs" grow align="flex-end">
        <Select
          label="Label"
          data={[...LABELS]}
          value={label}
          allowDeselect={false}
          onChange={(value) => setLabel(LABELS.find((each) => each === value) ?? 'benchmark')}
        />
        <TextInput
          label="Text, * for any part"
          value={pattern}
          onChange={(event) => setPattern(event.currentTarget.value)}
          required
        />
      </Group>
      <Group gap="xs" grow align="flex-end">
        <Select
          label="How long"
          data={TIMES}
          value={seconds}
          allowDeselect={false}
          onChange={(value) => setSeconds(value ?? '3600')}
        />
        <TextInput label="Reason" value={reason} onChange={(event) => setReason(event.currentTarget.value)} required />
      </Group>
      {add.error !== null && <Failure error={add.error} />}
      <div>
        <Button
          type="submit"
          variant="default"
          loading={add.isPending}
          disabled={pattern.trim() === '' || reason.trim() === ''}
        >
          Silence
        </Button>
      </div>
    </form>
  );
}
