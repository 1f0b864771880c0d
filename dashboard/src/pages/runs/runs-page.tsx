import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function RunsPage(): ReactNode {
  return <PageHead title="Runs" />;
}
