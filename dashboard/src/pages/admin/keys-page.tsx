import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function KeysPage(): ReactNode {
  return <PageHead title="Keys" />;
}
