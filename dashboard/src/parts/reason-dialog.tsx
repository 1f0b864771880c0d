import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Failure } from './states.tsx';

export interface ReasonDialogProps {
  opened: boolean;
  title: string;
  /** What will happen. */
  note: string;
  /** On the button. */
  action: string;
  /** A reason has to be given. */
  required?: boolean;
  /** False where it is only confirmed, without a reason. */
  asks?: boolean;
  onClose: () => void;
  onSay: (reason: string) => Promise<unknown>;
}

/** Asks why before something is done; stays open with what went wrong if it was refused. */
export function ReasonDialog({
  opened,
  title,
  note,
  action,
  required = false,
  asks = true,
  onClose,
  onSay,
}: ReasonDialogProps): ReactNode {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const close = (): void => {
    setError(undefined);
    setReason('');
    onClose();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    onSay(reason.trim())
      .then(close, setError)
      .finally(() => setBusy(false));
  };
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <form onSubmit={submit} className="bw-stack">
        <Text size="sm">{note}</Text>
        {asks && (
          <TextInput
            label="Reason"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            required={required}
            data-autofocus
          />
        )}
        {error !== undefined && <Failure error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" loading={busy} disabled={required && reason.trim() === ''}>
            {action}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
