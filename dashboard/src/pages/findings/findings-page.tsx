import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function FindingsPage(): ReactNode {
  return <PageHead title="Findings" />;
}
