import { ActionIcon, Burger, Menu, Text } from '@mantine/core';
import { IconLogout, IconUser } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useMay, useSession, useSignOut } from '../api/session.ts';
import { Connection } from './connection.tsx';
import { PAGES, type PageEntry } from './pages.ts';
import { Shortcuts } from './shortcuts.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** Navigation at the left (on a phone: behind a button), the page beside it. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const [opened, setOpened] = useState(false);
  const [location] = useLocation();
  const current = PAGES.findLast(({ path }) => isBelow(location, path));
  return (
    <div className="bw-shell">
      <a className="bw-skip" href="#page">
        Skip to content
      </a>
      <div className="bw-topbar">
        <Burger opened={opened} onClick={() => setOpened(!opened)} size="sm" aria-label="Navigation" />
        <Text fw={600}>{current?.title ?? 'Benchwire'}</Text>
        <Connection />
      </div>
      <nav className="bw-nav" data-opened={opened} aria-label="Pages">
        <Link href="/" className="bw-brand">
          <img src="/favicon.svg" width={22} height={22} alt="" />
          Benchwire
        </Link>
        <ul>
          {PAGES.map((page) => (
            <Entry key={page.path} page={page} active={page === current} onGo={() => setOpened(false)} />
          ))}
        </ul>
        <footer>
          <Connection />
          <span className="bw-nav-tools">
            <ThemeSwitch />
            <Account />
          </span>
        </footer>
      </nav>
      <main id="page" className="bw-page" tabIndex={-1}>
        {children}
      </main>
      <Shortcuts />
    </div>
  );
}

const isBelow = (location: string, path: string): boolean =>
  path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);

function Entry({ page, active, onGo }: { page: PageEntry; active: boolean; onGo: () => void }): ReactNode {
  const may = useMay(page.role ?? 'viewer');
  if (!may) return null;
  return (
    <li>
      <Link href={page.path} className="bw-nav-link" aria-current={active ? 'page' : undefined} onClick={onGo}>
        <page.icon size={17} stroke={1.8} aria-hidden />
        {page.title}
      </Link>
    </li>
  );
}

function Account(): ReactNode {
  const { data: session } = useSession();
  const signOut = useSignOut();
  return (
    <Menu position="top-start">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Account">
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session?.subject}, {session?.role}
        </Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
