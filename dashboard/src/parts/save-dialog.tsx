import { Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ReplaceQuestion } from './replace-question.tsx';
import { Failure } from './states.tsx';
import { isTaken } from './use-guarded-save.ts';

export interface SaveDialogProps {
  opened: boolean;
  title: string;
  /** Who will see it, and what happens to what has that name. */
  note: string;
  /** What is written there at first. */
  name: string;
  onClose: () => void;
  onSave: (name: string) => Promise<unknown>;
  /** Saves although another has that name; without it there is only another name. */
  onReplace?: (name: string) => Promise<unknown>;
}

/** Asks for the name under which something is saved; stays open with what went wrong if it was refused. */
export function SaveDialog({ opened, title, note, name, onClose, onSave, onReplace }: SaveDialogProps): ReactNode {
  const [written, setWritten] = useState(name);
  const [error, setError] = useState<Error>();
  const keep = (by: (name: string) => Promise<unknown>): void => {
    setError(undefined);
    by(written.trim()).then(onClose, setError);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keep(onSave);
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
        {error !== undefined &&
          (onReplace !== undefined && isTaken(error) ? (
            <ReplaceQuestion name={written.trim()} onReplace={() => keep(onReplace)} />
          ) : (
            <Failure error={error} />
          ))}
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
