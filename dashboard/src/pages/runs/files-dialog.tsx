import type { ApiProblem } from '@benchwire/shared/client/http-client.ts';
import { Button, Group, Modal, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Asks which files a repetition is to measure, where those on the workers are not those of the run. */
export function FilesDialog({
  problem,
  busy,
  onClose,
  onRepeat,
}: {
  problem: ApiProblem | undefined;
  busy: boolean;
  onClose: () => void;
  onRepeat: () => void;
}): ReactNode {
  return (
    <Modal opened={problem !== undefined} onClose={onClose} title="The files have changed" size="lg">
      <div className="bw-stack">
        <Text size="sm">{problem?.message}</Text>
        <ul className="bw-doubts">
          {problem?.issues.map(({ path, message }) => (
            <li key={path}>{message}</li>
          ))}
        </ul>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Restore them first
          </Button>
          <Button loading={busy} onClick={onRepeat}>
            Repeat with the files as they are
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
