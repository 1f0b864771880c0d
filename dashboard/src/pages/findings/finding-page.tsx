import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function FindingPage({ finding_id }: { finding_id: string }): ReactNode {
  return <PageHead title={finding_id} />;
}
