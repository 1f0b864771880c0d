import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function OverviewPage(): ReactNode {
  return <PageHead title="Overview" />;
}
