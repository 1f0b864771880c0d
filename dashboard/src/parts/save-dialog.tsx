import { Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Failure } from './states.tsx';

export interface SaveDialogProps {
  opened: boolean;
  title: string;
  /** Who will see it, and what happens to what has that name. */
  note: string;
  /** What is written there at first. */
  name: string;
  onClose: () => void;
  onSave: (name: string) => Promise<unknown>;
}

/** Asks for the name under which something is saved; stays open with what went wrong if it was refused. */
export function SaveDialog({ opened, title, note, name, onClose, onSave }: SaveDialogProps): ReactNode {
  const [written, setWritten] = useState(name);
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setError(undefined);
    onSave(written.trim()).then(onClose, setError);
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form onSubmit={submit} className="bw-stack">
        <TextInput
          label="Name"
          description={note}
          value={written}
          onChange={(event) => setWritten(event.currentTarget.value)}
          maxLength={100}
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
