import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function RunPage({ run_id }: { run_id: string }): ReactNode {
  return <PageHead title={run_id} />;
}
