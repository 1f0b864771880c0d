import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function SeriesPage(): ReactNode {
  return <PageHead title="Series" />;
}
