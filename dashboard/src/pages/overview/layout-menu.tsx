import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import { Button, FileButton, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconLayoutDashboard } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { api } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { download, fileName, jsonOf } from '../../parts/download.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { SaveDialog } from '../../parts/save-dialog.tsx';
import { encodeLayout, type Layout, readLayout } from './layout.ts';
import { MergeDialog } from './merge-dialog.tsx';
import type { SavedLayout, ShownLayout } from './use-layout.ts';

const LAYOUTS = call('GET /api/saved/:kind', { params: { kind: 'layouts' } });

/** Everything that can be done with a layout as a whole. */
export function LayoutMenu({
  shown: { layout, name, changed, show },
  arranging,
  onArrange,
}: {
  shown: ShownLayout;
  arranging: boolean;
  onArrange: (arranging: boolean) => void;
}): ReactNode {
  const [saving, setSaving] = useState(false);
  /** As somebody else saved it meanwhile; null where it was deleted. */
  const [theirs, setTheirs] = useState<SavedLayout | null>();
  const may_save = useMay('submitter');
  const saved = useGet(LAYOUTS);
  const save = useChange(
    (given: { name: string; layout: Layout; over: number }) =>
      call('PUT /api/saved/:kind/:name', {
        params: { kind: 'layouts', name: given.name },
        query: { revision: given.over },
        body: { ...given.layout },
      }),
    [LAYOUTS.path],
  );
  const remove = useChange(
    (given: { name: string }) =>
      call('DELETE /api/saved/:kind/:name', { params: { kind: 'layouts', name: given.name } }),
    [LAYOUTS.path],
  );
  const keep = async (as: string, what: Layout, over: number): Promise<void> => {
    await save.mutateAsync({ name: as, layout: what, over });
    show(as);
    onArrange(false);
    setTheirs(undefined);
  };
  /** Saves the changes over the revision that they began with; where there is a newer one, the two are merged first. */
  const saveOver = async (what: Layout, over: number): Promise<void> => {
    try {
      await keep(name, what, over);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'SAVED_CHANGED') throw error;
      setTheirs(await savedNow(name));
    }
  };
  const copyLink = async (): Promise<void> => {
    await navigator.clipboard.writeText(`${location.origin}/?panels=${encodeLayout(layout)}`);
    notifications.show({ message: 'Link copied. Anyone who can sign in here can open this layout with it.' });
  };
  const take = async (file: File | null): Promise<void> => {
    if (file !== null) show(readLayout(JSON.parse(await file.text())));
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconLayoutDashboard size={16} />}>
            {name === '' ? 'Layout' : changed === undefined ? name : `${name}, changed`}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => onArrange(!arranging)}>{arranging ? 'Finish editing' : 'Edit layout'}</Menu.Item>
          {may_save && changed !== undefined && (
            <Menu.Item onClick={() => void saveOver(layout, changed.revision).catch(notifyFailure)}>
              Save {name}
            </Menu.Item>
          )}
          {may_save && <Menu.Item onClick={() => setSaving(true)}>Save as …</Menu.Item>}
          {changed !== undefined && <Menu.Item onClick={() => show(name)}>Discard changes</Menu.Item>}
          <Menu.Item onClick={() => download(`${fileName(name || 'layout')}.json`, jsonOf(layout))}>Export</Menu.Item>
          <FileButton accept="application/json" onChange={(file) => void take(file).catch(notifyFailure)}>
            {(props) => (
              <Menu.Item {...props} closeMenuOnClick={false}>
                Import …
              </Menu.Item>
            )}
          </FileButton>
          <Menu.Item onClick={() => void copyLink().catch(notifyFailure)}>Copy link</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => show('')}>Default layout</Menu.Item>
          {saved.data?.items.map((item) => (
            <Menu.Item key={item.name} onClick={() => show(item.name)}>
              {item.name}
            </Menu.Item>
          ))}
          {may_save && name !== '' && (
            <Menu.Item
              color="orange"
              onClick={() => remove.mutate({ name }, { onSuccess: () => show(''), onError: notifyFailure })}
            >
              Delete {name}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <SaveDialog
        opened={saving}
        title="Save layout"
        note="Everyone on this server can see and change it."
        name={changed === undefined ? '' : name}
        onClose={() => setSaving(false)}
        onSave={(as) =>
          changed !== undefined && as === name ? saveOver(layout, changed.revision) : keep(as, layout, 0)
        }
      />
      {theirs !== undefined && changed !== undefined && (
        <MergeDialog
          name={name}
          base={changed.base}
          mine={layout}
          theirs={theirs}
          onClose={() => setTheirs(undefined)}
          onSave={saveOver}
        />
      )}
    </>
  );
}

/** A saved layout as it is now; null where there is none of that name. */
async function savedNow(name: string): Promise<SavedLayout | null> {
  try {
    const found = await api.send(call('GET /api/saved/:kind/:name', { params: { kind: 'layouts', name } }));
    return { ...found, layout: readLayout(found.value) };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
