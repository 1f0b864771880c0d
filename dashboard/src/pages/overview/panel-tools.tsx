import { ActionIcon, Group } from '@mantine/core';
import { IconArrowLeft, IconArrowRight, IconMinus, IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type Layout, moved, resized, without } from './layout.ts';

/** Moves a panel, changes its width, takes it away. */
export function PanelTools({
  layout,
  at,
  onChange,
}: {
  layout: Layout;
  at: number;
  onChange: (layout: Layout) => void;
}): ReactNode {
  const tools = [
    { label: 'Earlier', icon: IconArrowLeft, change: () => moved(layout, at, -1) },
    { label: 'Later', icon: IconArrowRight, change: () => moved(layout, at, 1) },
    { label: 'Narrower', icon: IconMinus, change: () => resized(layout, at, -1) },
    { label: 'Wider', icon: IconPlus, change: () => resized(layout, at, 1) },
    { label: 'Remove', icon: IconX, change: () => without(layout, at) },
  ];
  return (
    <Group gap={4}>
      {tools.map(({ label, icon: Icon, change }) => (
        <ActionIcon
          key={label}
          variant="default"
          size="sm"
          aria-label={label}
          title={label}
          onClick={() => onChange(change())}
        >
          <Icon size={14} />
        </ActionIcon>
      ))}
    </Group>
  );
}
