import { Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Failure } from '../../parts/states.tsx';

/** Asks where a finding is followed up. */
export function LinkDialog({
  opened,
  onClose,
  onSay,
}: {
  opened: boolean;
  onClose: () => void;
  onSay: (link: string) => Promise<unknown>;
}): ReactNode {
  const [link, setLink] = useState('');
  const [error, setError] = useState<Error>();
  const close = (): void => {
    setError(undefined);
    setLink('');
    onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSay(link.trim()).then(close, setError);
  };
  return (
    <Modal opened={opened} onClose={close} title="Link to an issue or pull request">
      <form onSubmit={submit} className="bw-stack">
        <TextInput
          label="Address"
          description="The link is shown with the finding."
          type="url"
          placeholder="https://…"
          value={link}
          onChange={(event) => setLink(event.currentTarget.value)}
          required
          data-autofocus
        />
        {error !== undefined && <Failure error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" disabled={link.trim() === ''}>
            Add link
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
