import { call } from '@benchwire/shared/client/http-client.ts';
import type { ApiKey, Role } from '@benchwire/shared/contracts/http.ts';
import { Alert, Button, Code, CopyButton, Select, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, usePages } from '../../api/use-api.ts';
import { actionColumn } from '../../parts/action-column.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { notifyFailure } from '../../parts/notify.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';

const ROLES: { value: Role; label: string }[] = [
  { value: 'viewer', label: 'viewer: reads everything' },
  { value: 'submitter', label: 'submitter: also starts and cancels runs' },
  { value: 'operator', label: 'operator: also drains and quarantines workers' },
  { value: 'admin', label: 'admin: also manages API keys and settings' },
];

const DAY_MS = 86_400_000;
const NEVER = 'never';
/** In days. */
const LIFETIMES = [
  { value: '1', label: 'in 1 day' },
  { value: '7', label: 'in 7 days' },
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in 1 year' },
  { value: NEVER, label: 'never' },
];

/** API keys: who may get in and do what. */
export default function KeysPage(): ReactNode {
  const may_admin = useMay('admin');
  const keys = usePages(call('GET /api/keys'), { enabled: may_admin });
  const remove = useChange(({ id }: ApiKey) => call('DELETE /api/keys/:id', { params: { id } }), ['/api/keys']);
  if (!may_admin) return <Empty title="Only admins can see API keys" />;
  const columns: Column<ApiKey>[] = [
    { key: 'name', title: 'Name', value: ({ name }) => name },
    { key: 'role', title: 'Role', value: ({ role }) => role },
    {
      key: 'created_at',
      title: 'Created',
      value: ({ created_at }) => created_at,
      cell: ({ created_at }) => <At at={created_at} />,
    },
    {
      key: 'expires_at',
      title: 'Expires',
      value: ({ expires_at }) => expires_at,
      cell: ({ expires_at }) => <Expiry at={expires_at} />,
    },
    actionColumn('remove', 'Revoke', remove),
  ];
  return (
    <>
      <PageHead title="API keys" />
      <div className="bw-grid">
        <Panel title="API keys" className="bw-7">
          <Answer of={keys}>
            {(rows) => <DataTable label="API keys" columns={columns} rows={rows} rowKey={({ id }) => id} />}
          </Answer>
        </Panel>
        <Panel title="New API key" className="bw-5">
          <NewKey />
        </Panel>
      </div>
    </>
  );
}

function Expiry({ at }: { at: string | null }): ReactNode {
  if (at === null) return 'never';
  const isOver = Date.parse(at) <= Date.now();
  return (
    <>
      {isOver && <strong>expired </strong>}
      <At at={at} />
    </>
  );
}

function NewKey(): ReactNode {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('submitter');
  const [lasts, setLasts] = useState('90');
  const make = useChange(
    (body: { name: string; role: Role; expires_at: string | null }) => call('POST /api/keys', { body }),
    ['/api/keys'],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const expires_at = lasts === NEVER ? null : new Date(Date.now() + Number(lasts) * DAY_MS).toISOString();
    make.mutate({ name: name.trim(), role, expires_at }, { onError: notifyFailure });
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      <TextInput
        label="Name"
        description="who or what uses it"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
      />
      <Select
        label="Role"
        data={ROLES}
        value={role}
        onChange={(next) => setRole(ROLES.find(({ value }) => value === next)?.value ?? 'viewer')}
      />
      <Select
        label="Expires"
        data={LIFETIMES}
        value={lasts}
        allowDeselect={false}
        onChange={(next) => setLasts(next ?? NEVER)}
      />
      <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
        Create key
      </Button>
      {make.data !== undefined && (
        <Alert color="blue" title="Copy it now: it is shown only once" variant="light" className="bw-told">
          <Code block>{make.data.key}</Code>
          <CopyButton value={make.data.key}>
            {({ copied, copy }) => (
              <Button size="compact-sm" variant="default" mt={8} onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </Alert>
      )}
    </form>
  );
}
