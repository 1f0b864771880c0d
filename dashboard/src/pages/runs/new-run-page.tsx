import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function NewRunPage(): ReactNode {
  return <PageHead title="Start a run" />;
}
