import { ActionIcon, Button, Group, Modal, TextInput, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCamera } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { useMay } from '../api/session.ts';
import { notifyFailure } from '../parts/notify.ts';
import { hasSnapshots } from './pages-with-data.ts';

/** Stores what the page shows, under a title. Nothing on pages that show no data, and for those who may not. */
export function SnapshotButton(): ReactNode {
  const [location, navigate] = useLocation();
  const may = useMay('submitter');
  const client = useQueryClient();
  const [title, setTitle] = useState<string>();
  const [busy, setBusy] = useState(false);
  if (!may || !hasSnapshots(location)) return null;
  const close = (): void => setTitle(undefined);
  const save = async (): Promise<void> => {
    const { takeSnapshot } = await import('./take-snapshot.ts');
    const { id } = await takeSnapshot(client, (title ?? '').trim());
    notifications.show({ message: 'The snapshot is stored.' });
    close();
    navigate(`/snapshots/${id}`);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    save()
      .catch(notifyFailure)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <Tooltip label="Take a snapshot: this page with its data, as it is now">
        <ActionIcon
          variant="default"
          size="lg"
          aria-label="Take a snapshot"
          onClick={() => setTitle(document.title.replace(/ · Benchwire$/, ''))}
        >
          <IconCamera size={18} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
      <Modal opened={title !== undefined} onClose={close} title="Take a snapshot">
        <form onSubmit={submit} className="bw-stack">
          <TextInput
            label="Title"
            description="It shows this page with the data that it has now, to everyone on this server, for 90 days or until it is pinned."
            value={title ?? ''}
            onChange={(event) => setTitle(event.currentTarget.value)}
            maxLength={256}
            required
            data-autofocus
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Back
            </Button>
            <Button type="submit" loading={busy} disabled={title?.trim() === ''}>
              Save snapshot
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
