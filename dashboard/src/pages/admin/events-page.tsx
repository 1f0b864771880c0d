import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function EventsPage(): ReactNode {
  return <PageHead title="Events" />;
}
