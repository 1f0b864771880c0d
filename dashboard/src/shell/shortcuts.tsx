import { Kbd, Modal, Table, useMantineColorScheme } from '@mantine/core';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { type Binding, isForPage, keyFollower } from './keys.ts';
import { PAGES } from './pages.ts';

/** The keys that work everywhere, and their list under `?`. */
export function Shortcuts(): ReactNode {
  const [help, setHelp] = useState(false);
  const [, navigate] = useLocation();
  const { toggleColorScheme } = useMantineColorScheme({ keepTransitions: true });

  const bindings = useMemo<Binding[]>(
    () => [
      ...PAGES.map(({ key, title, path }) => ({ keys: `g ${key}`, does: `go to ${title}`, run: () => navigate(path) })),
      { keys: 'n', does: 'start a run', run: () => navigate('/runs/new') },
      { keys: '/', does: 'search on this page', run: focusSearch },
      { keys: 't', does: 'switch between light and dark', run: toggleColorScheme },
      { keys: '?', does: 'show keyboard shortcuts', run: () => setHelp(true) },
    ],
    [navigate, toggleColorScheme],
  );

  // Outlives new bindings: a render between two keys must not forget the first.
  const [follow] = useState(keyFollower);

  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (!isForPage(event)) return;
      const binding = follow(event.key, event.timeStamp, bindings);
      if (binding === undefined) return;
      event.preventDefault();
      binding.run();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [bindings, follow]);

  return (
    <Modal opened={help} onClose={() => setHelp(false)} title="Keyboard shortcuts">
      <Table withRowBorders={false} verticalSpacing={3}>
        <Table.Tbody>
          {bindings.map(({ keys, does }) => (
            <Table.Tr key={keys}>
              <Table.Td w={90}>
                {keys.split(' ').map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

/** A page marks its search field with `data-search`. */
function focusSearch(): void {
  document.querySelector<HTMLInputElement>('input[data-search]')?.focus();
}
