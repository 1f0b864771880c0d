import { call } from '@benchwire/shared/client/http-client.ts';
import type { NamedKind } from '@benchwire/shared/contracts/given-name.ts';
import { Button, Group, Modal, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange, useGet } from '../../api/use-api.ts';
import { Failure } from '../../parts/states.tsx';

interface Named {
  kind: NamedKind;
  id: string;
}

/** Gives a worker or a pool a name and a note, which everybody sees; empty ones take them away. */
export function NameDialog({ kind, id, onClose }: Named & { onClose: () => void }): ReactNode {
  const names = useGet(call('GET /api/names'));
  const known = names.data?.items.find((each) => each.kind === kind && each.id === id);
  return (
    <Modal opened onClose={onClose} title={`Name: ${id}`}>
      {/* Filled in once it is known what it is called. */}
      {names.data !== undefined && (
        <NameForm kind={kind} id={id} name={known?.name ?? ''} note={known?.note ?? ''} onClose={onClose} />
      )}
    </Modal>
  );
}

function NameForm({
  kind,
  id,
  onClose,
  ...known
}: Named & { name: string; note: string; onClose: () => void }): ReactNode {
  const [name, setName] = useState(known.name);
  const [note, setNote] = useState(known.note);
  const save = useChange(
    (body: { name: string; note: string }) => call('PUT /api/names/:kind/:id', { params: { kind, id }, body }),
    ['/api/names'],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate({ name, note }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      <Text size="sm">
        Shown instead of {kind === 'pool' ? 'the device and its labels' : 'the id'} on every page; the id stays in the
        tooltip and in exports. Leave it empty to take the name away.
      </Text>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={200}
        data-autofocus
      />
      <Textarea
        label="Note"
        placeholder="where it stands, who looks after it"
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        maxLength={2000}
        rows={3}
      />
      {save.error !== null && <Failure error={save.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Back
        </Button>
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
      </Group>
    </form>
  );
}
