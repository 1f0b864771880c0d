import { Group, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { SnapshotButton } from '../snapshot/snapshot-button.tsx';

/** One part of a page with its heading; `aside` stands at the heading's right. */
export function Panel({
  title,
  aside,
  children,
  className,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}): ReactNode {
  return (
    <section className={className === undefined ? 'bw-panel' : `bw-panel ${className}`} aria-label={title}>
      <Group justify="space-between" gap="xs" mb={8} wrap="wrap">
        <Title order={2} className="bw-panel-title">
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </section>
  );
}

/** A page's heading, with its actions at the right. A heading in plain text is also the browser's title. */
export function PageHead({
  title,
  note,
  compact = false,
  children,
}: {
  title: ReactNode;
  note?: ReactNode;
  /** On a phone the actions stay beside the heading. */
  compact?: boolean;
  children?: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = typeof title === 'string' ? `${title} · Benchwire` : 'Benchwire';
  }, [title]);
  return (
    <header className="bw-page-head" data-compact={compact}>
      <div>
        <Title order={1}>{title}</Title>
        {note !== undefined && <div className="bw-note">{note}</div>}
      </div>
      <Group gap="xs">
        {children}
        <SnapshotButton />
      </Group>
    </header>
  );
}
