import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, Menu } from '@mantine/core';
import { IconBookmark, IconTrash } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useMay } from '../../api/session.ts';
import { useGet } from '../../api/use-api.ts';
import { notifyFailure } from '../notify.ts';
import { SaveDialog } from '../save-dialog.tsx';
import { useGuardedSave } from '../use-guarded-save.ts';
import { readSavedFilter } from './saved-filter.ts';

const FILTERS = call('GET /api/saved/:kind', { params: { kind: 'filters' } });

/** Filters that somebody saved for this list on this server: what the page's address says, under a name. */
export function SavedFilters({ list, leave_out }: { list: string; leave_out: readonly string[] }): ReactNode {
  const [parameters, setParameters] = useSearchParams();
  const [saving, setSaving] = useState(false);
  const may_save = useMay('submitter');
  const saved = useGet(FILTERS);
  const kept = useGuardedSave('filters');
  const keyOf = (name: string): string => `${list}/${name}`;
  const search = (): string =>
    new URLSearchParams([...parameters].filter(([name]) => !leave_out.includes(name))).toString();
  const open = (name: string): void => {
    kept
      .open(keyOf(name))
      .then((value) => setParameters(readSavedFilter(value)))
      .catch(notifyFailure);
  };
  const names = (saved.data?.items ?? []).flatMap(({ name }) =>
    name.startsWith(`${list}/`) ? [name.slice(list.length + 1)] : [],
  );
  if (names.length === 0 && !may_save) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={15} />}>
            Saved filters
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {names.map((name) => (
            <Menu.Item key={name} onClick={() => open(name)}>
              {name}
            </Menu.Item>
          ))}
          {names.length === 0 && <Menu.Label>No saved filters for this list</Menu.Label>}
          {may_save && (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => setSaving(true)}>Save these filters …</Menu.Item>
              {names.map((name) => (
                <Menu.Item
                  key={name}
                  color="orange"
                  leftSection={<IconTrash size={14} />}
                  onClick={() => void kept.remove(keyOf(name)).catch(notifyFailure)}
                >
                  Delete {name}
                </Menu.Item>
              ))}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <SaveDialog
        opened={saving}
        title="Save filters"
        note="Everyone on this server can use them: the filters, the order and the columns of this list."
        name=""
        onClose={() => setSaving(false)}
        onSave={(name) => kept.save(keyOf(name), { search: search() })}
        onReplace={(name) => kept.replace(keyOf(name), { search: search() })}
      />
    </>
  );
}
