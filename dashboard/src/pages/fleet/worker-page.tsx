import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function WorkerPage({ worker_id }: { worker_id: string }): ReactNode {
  return <PageHead title={worker_id} />;
}
