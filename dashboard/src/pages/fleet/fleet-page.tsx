import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function FleetPage(): ReactNode {
  return <PageHead title="Fleet" />;
}
