import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function ReportsPage(): ReactNode {
  return <PageHead title="Reports" />;
}
