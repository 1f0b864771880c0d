import { call } from '@benchwire/shared/client/http-client.ts';
import type { GateRule, WrittenGate } from '@benchwire/shared/contracts/gate.ts';
import { gateValueWords } from '@benchwire/shared/verdict/gate-words.ts';
import { Button, Group } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { notifyFailure } from '../../parts/notify.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { GateForm } from './gate-form.tsx';

const FIELDS: ReadonlyArray<keyof WrittenGate> = [
  ...(['metrics', 'min_change_percent', 'unknown_direction', 'on_slower'] as const),
  ...(['on_cannot_tell', 'repeat_budget', 'on_known_regression'] as const),
];

/** The server's gates: what of a verdict makes a run of a benchmark fail. */
export default function GatesPage(): ReactNode {
  const may_change = useMay('operator');
  const gates = useGet(call('GET /api/gates'));
  const [edited, setEdited] = useState<GateRule>();
  const remove = useChange(
    (benchmark: string) => call('DELETE /api/gates/:benchmark', { params: { benchmark } }),
    ['/api/gates', '/api/runs'],
  );
  const columns: Column<GateRule>[] = [
    { key: 'benchmark', title: 'Benchmark', value: ({ benchmark }) => benchmark },
    ...FIELDS.map(
      (field): Column<GateRule> => ({
        key: field,
        title: (field[0] ?? '').toUpperCase() + field.slice(1).replaceAll('_', ' '),
        value: ({ gate }) => (gate[field] === undefined ? '' : gateValueWords(gate[field])),
      }),
    ),
    ...(may_change ? [actions(setEdited, remove)] : []),
  ];
  return (
    <>
      <PageHead title="Gates" />
      <div className="bw-grid">
        <Panel title="Gates" className="bw-12">
          <Answer of={gates}>
            {({ rules }) =>
              rules.length === 0 ? (
                <Empty title="No gates">
                  {may_change ? 'Set one with the form.' : 'Operators can set one.'} Without one the default applies: a
                  run fails where what counts is slower.
                </Empty>
              ) : (
                <DataTable label="Gates" columns={columns} rows={rules} rowKey={({ benchmark }) => benchmark} />
              )
            }
          </Answer>
          <p className="bw-note">
            A field of the request goes before the server's, and that before the default. A change counts for every
            verdict from then on, also of runs that have ended.
          </p>
        </Panel>
        {may_change && (
          <Panel title={edited === undefined ? 'New gate' : `Gate of ${edited.benchmark}`} className="bw-6">
            <GateForm
              key={edited === undefined ? '' : JSON.stringify(edited)}
              rule={edited}
              onDone={() => setEdited(undefined)}
            />
          </Panel>
        )}
      </div>
    </>
  );
}

function actions(
  onEdit: (rule: GateRule) => void,
  remove: { isPending: boolean; variables: string | undefined; mutate: (benchmark: string, options: object) => void },
): Column<GateRule> {
  return {
    key: 'actions',
    title: '',
    value: () => '',
    cell: (rule) => (
      <Group gap={4} wrap="nowrap">
        <Button size="compact-xs" variant="default" onClick={() => onEdit(rule)}>
          Edit
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          loading={remove.isPending && remove.variables === rule.benchmark}
          onClick={() => remove.mutate(rule.benchmark, { onError: notifyFailure })}
        >
          Remove
        </Button>
      </Group>
    ),
  };
}
