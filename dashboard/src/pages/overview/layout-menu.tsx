import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, FileButton, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconLayoutDashboard } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { download, fileName, jsonOf } from '../../parts/download.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { SaveDialog } from '../../parts/save-dialog.tsx';
import { encodeLayout, type Layout, readLayout } from './layout.ts';
import type { ShownLayout } from './use-layout.ts';

const LAYOUTS = call('GET /api/saved/:kind', { params: { kind: 'layouts' } });

/** Everything that can be done with a layout as a whole. */
export function LayoutMenu({
  shown: { layout, name, show },
  arranging,
  onArrange,
}: {
  shown: ShownLayout;
  arranging: boolean;
  onArrange: (arranging: boolean) => void;
}): ReactNode {
  const [saving, setSaving] = useState(false);
  const may_save = useMay('submitter');
  const saved = useGet(LAYOUTS);
  const save = useChange(
    (given: { name: string; layout: Layout }) =>
      call('PUT /api/saved/:kind/:name', { params: { kind: 'layouts', name: given.name }, body: { ...given.layout } }),
    [LAYOUTS.path],
  );
  const remove = useChange(
    (given: { name: string }) =>
      call('DELETE /api/saved/:kind/:name', { params: { kind: 'layouts', name: given.name } }),
    [LAYOUTS.path],
  );
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
            {name === '' ? 'Layout' : name}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => onArrange(!arranging)}>{arranging ? 'Finish editing' : 'Edit layout'}</Menu.Item>
          {may_save && <Menu.Item onClick={() => setSaving(true)}>Save as …</Menu.Item>}
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
        note="Everyone on this server can see it. A layout with the same name is replaced."
        name={name}
        onClose={() => setSaving(false)}
        onSave={async (as) => {
          await save.mutateAsync({ name: as, layout });
          show(as);
          onArrange(false);
        }}
      />
    </>
  );
}
