import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../../api/use-api.ts';
import { Failure } from '../../parts/states.tsx';

interface Note {
  text: string;
  link: string | undefined;
  about_at: string | undefined;
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
  const note = useChange(
    (body: Note) => call('POST /api/series/:id/annotations', { params: { id: series_id }, body }),
    [`/api/series/${series_id}`],
  );
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
        link: link.trim() || undefined,
        about_at: at === '' ? undefined : new Date(at).toISOString(),
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
