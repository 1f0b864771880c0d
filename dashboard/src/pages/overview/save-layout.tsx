import { Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Failure } from '../../parts/states.tsx';

/** Asks for a layout's name. */
export function SaveLayout({
  opened,
  name,
  onClose,
  onSave,
}: {
  opened: boolean;
  name: string;
  onClose: () => void;
  onSave: (name: string) => Promise<unknown>;
}): ReactNode {
  const [written, setWritten] = useState(name);
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setError(undefined);
    onSave(written.trim()).then(onClose, setError);
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Save layout">
      <form onSubmit={submit} className="bw-stack">
        <TextInput
          label="Name"
          description="Everyone on this server can see it. A layout with the same name is replaced."
          value={written}
          onChange={(event) => setWritten(event.currentTarget.value)}
          maxLength={128}
          required
          data-autofocus
        />
        {error !== undefined && <Failure error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Back
          </Button>
          <Button type="submit" disabled={written.trim() === ''}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
