import { call } from '@benchwire/shared/client/http-client.ts';
import { ActionIcon, Button, Group, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { api } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { keyOf, useGet } from '../../api/use-api.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { ReplaceQuestion } from '../../parts/replace-question.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { isTaken, useGuardedSave } from '../../parts/use-guarded-save.ts';
import { EXAMPLES } from './examples.ts';
import { readSavedQuery, type SavedQuery } from './saved-query.ts';

const QUERIES = call('GET /api/saved/:kind', { params: { kind: 'queries' } });
const queryOf = (name: string) => call('GET /api/saved/:kind/:name', { params: { kind: 'queries', name } });

/** Their names; the list comes without the statements. */
export function useSavedQueries() {
  return useGet(QUERIES);
}

/** One of them, or undefined until it is there. */
export function useSavedQuery(name: string): UseQueryResult<SavedQuery, Error> {
  const asked = queryOf(name);
  return useQuery({
    queryKey: keyOf(asked),
    queryFn: ({ signal }) => api.send(asked, { signal }),
    select: ({ value }) => readSavedQuery(value),
  });
}

/** Queries that somebody saved, examples, and a form to save the one that is written. */
export function SavedQueries({
  current,
  onOpen,
}: {
  current: SavedQuery;
  onOpen: (name: string, query: Partial<SavedQuery> & { sql: string }) => void;
}): ReactNode {
  const saved = useSavedQueries();
  const may_save = useMay('submitter');
  const kept = useGuardedSave('queries');
  const [name, setName] = useState('');
  const [taken, setTaken] = useState<string>();
  const open = (item: { name: string }): void => {
    kept
      .open(item.name)
      .then((value) => onOpen(item.name, readSavedQuery(value)))
      .catch(notifyFailure);
  };
  const keep = (by: typeof kept.save): void => {
    const wanted = name.trim();
    setTaken(undefined);
    by(wanted, { ...current }).then(
      () => setName(''),
      (error: Error) => (isTaken(error) ? setTaken(wanted) : notifyFailure(error)),
    );
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keep(kept.save);
  };
  return (
    <>
      <Answer of={saved} height={60}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No saved queries yet" />
          ) : (
            <ul className="bw-list">
              {items.map((item) => (
                <li key={item.name} className="bw-saved">
                  <Button variant="subtle" size="compact-sm" onClick={() => open(item)}>
                    {item.name}
                  </Button>
                  {may_save && (
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      size="sm"
                      aria-label={`Delete ${item.name}`}
                      onClick={() => void kept.remove(item.name).catch(notifyFailure)}
                    >
                      <IconTrash size={14} />
                    </ActionIcon>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {may_save && (
        <form onSubmit={submit}>
          <Group gap="xs" align="flex-end" mt={10} wrap="nowrap">
            <TextInput
              label="Name of the query"
              value={name}
              onChange={(event) => {
                setName(event.currentTarget.value);
                setTaken(undefined);
              }}
              maxLength={128}
              style={{ flex: 1 }}
            />
            <Button
              type="submit"
              variant="default"
              loading={kept.isPending}
              disabled={name.trim() === '' || current.sql.trim() === ''}
            >
              Save
            </Button>
          </Group>
          {taken !== undefined && <ReplaceQuestion name={taken} onReplace={() => keep(kept.replace)} />}
        </form>
      )}
      <h3 className="bw-examples">Examples</h3>
      <ul className="bw-list">
        {EXAMPLES.map(({ title, sql }) => (
          <li key={title}>
            <Button variant="subtle" size="compact-sm" onClick={() => onOpen(title, { sql })}>
              {title}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
