import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function OneSeriesPage({ series_id }: { series_id: string }): ReactNode {
  return <PageHead title={series_id} />;
}
