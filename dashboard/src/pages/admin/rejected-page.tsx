import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function RejectedPage(): ReactNode {
  return <PageHead title="Rejected" />;
}
