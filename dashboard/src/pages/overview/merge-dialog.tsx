import { Button, Group, Modal, Table } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Failure } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import type { Layout, PlacedPanel } from './layout.ts';
import { mergeLayouts } from './merge-layouts.ts';
import { panelInWords } from './panel-words.ts';
import type { SavedLayout } from './use-layout.ts';

export interface MergeDialogProps {
  name: string;
  /** What the changes here began with. */
  base: Layout;
  mine: Layout;
  /** As it is saved now; null where it was deleted. */
  theirs: SavedLayout | null;
  onClose: () => void;
  /** Saves what was chosen over the revision that was seen. */
  onSave: (layout: Layout, over: number) => Promise<unknown>;
}

/** Somebody else saved the layout, too: shows what both changed, and saves both. */
export function MergeDialog({ name, base, mine, theirs, onClose, onSave }: MergeDialogProps): ReactNode {
  const [error, setError] = useState<Error>();
  const save = (layout: Layout, over: number): void => {
    setError(undefined);
    onSave(layout, over).catch(setError);
  };
  return (
    <Modal opened onClose={onClose} title={`"${name}" was ${theirs === null ? 'deleted' : 'changed'} meanwhile`}>
      <div className="bw-stack">
        {theirs === null ? (
          <>
            <p className="bw-note">Somebody deleted it after you began to edit. Your version is still here.</p>
            <Buttons onClose={onClose}>
              <Button onClick={() => save(mine, 0)}>Save it again</Button>
            </Buttons>
          </>
        ) : (
          <Merge base={base} mine={mine} theirs={theirs} onClose={onClose} onSave={save} />
        )}
        {error !== undefined && <Failure error={error} />}
      </div>
    </Modal>
  );
}

function Buttons({ onClose, children }: { onClose: () => void; children: ReactNode }): ReactNode {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={onClose}>
        Back
      </Button>
      {children}
    </Group>
  );
}

interface MergeProps extends Pick<MergeDialogProps, 'base' | 'mine' | 'onClose'> {
  theirs: SavedLayout;
  onSave: (layout: Layout, over: number) => void;
}

function Merge({ base, mine, theirs, onClose, onSave }: MergeProps): ReactNode {
  const { conflicts } = mergeLayouts(base, mine, theirs.layout, 'mine');
  const who = theirs.saved_by ?? 'somebody';
  const take = (prefer: 'mine' | 'theirs'): void =>
    onSave(mergeLayouts(base, mine, theirs.layout, prefer).layout, theirs.revision);
  return (
    <>
      <p className="bw-note">
        Saved by {who} {theirs.saved_at !== null && <Ago at={theirs.saved_at} />}, after you began to edit.{' '}
        {conflicts.length === 0
          ? 'You changed different panels, so both changes can be kept.'
          : 'Choose whose version is kept of what both of you changed. All other changes of both are kept.'}
      </p>
      {conflicts.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Panel</Table.Th>
              <Table.Th>Yours</Table.Th>
              <Table.Th>{who}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {conflicts.map(({ panel, mine: my, theirs: their }) => (
              <Table.Tr key={JSON.stringify([panel, my, their])}>
                <Table.Td className="bw-wrap">
                  {panel === 'order' ? 'Order of the panels' : panelInWords(panel)}
                </Table.Td>
                <Table.Td>{panel === 'order' ? 'changed' : widthOf(my)}</Table.Td>
                <Table.Td>{panel === 'order' ? 'changed' : widthOf(their)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Buttons onClose={onClose}>
        {conflicts.length === 0 ? (
          <Button onClick={() => take('mine')}>Save both</Button>
        ) : (
          <>
            <Button variant="default" onClick={() => take('theirs')}>
              Save, with theirs
            </Button>
            <Button onClick={() => take('mine')}>Save, with mine</Button>
          </>
        )}
      </Buttons>
    </>
  );
}

const widthOf = (panel: PlacedPanel | undefined): string =>
  panel === undefined ? 'removed' : `${panel.columns} of 12 columns`;
