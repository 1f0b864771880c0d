import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useSend } from '../../api/use-api.ts';
import { Failure } from '../../parts/states.tsx';

interface Note {
  text: string;
  link?: string;
  about_at?: string;
}

/** Notes something on a series, for all who look at it. */
export function NoteForm({
  series_id,
  opened,
  onClose,
}: {
  series_id: string;
  opened: boolean;
  onClose: () => void;
}): ReactNode {
  const [text, setText] = useState('');
  const [link, setLink] = useState('');
  const [at, setAt] = useState('');
  const note = useSend<Note, unknown>('POST', () => `/api/series/${series_id}/annotations`, [
    `/api/series/${series_id}`,
  ]);
  const close = (): void => {
    note.reset();
    setText('');
    setLink('');
    setAt('');
    onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    note.mutate(
      {
        text: text.trim(),
        ...(link.trim() === '' ? {} : { link: link.trim() }),
        ...(at === '' ? {} : { about_at: new Date(at).toISOString() }),
      },
      { onSuccess: close },
    );
  };
  return (
    <Modal opened={opened} onClose={close} title="Annotate this series">
      <form onSubmit={submit} className="bw-stack">
        <Textarea
          label="Note"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          maxLength={2000}
          rows={3}
          required
          data-autofocus
        />
        <TextInput
          label="Link"
          placeholder="https://…"
          type="url"
          value={link}
          onChange={(event) => setLink(event.currentTarget.value)}
        />
        <TextInput
          label="Time"
          description="When it happened. Leave empty for now."
          type="datetime-local"
          value={at}
          onChange={(event) => setAt(event.currentTarget.value)}
        />
        {note.error !== null && <Failure error={note.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" loading={note.isPending} disabled={text.trim() === ''}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
