import type { ReactNode } from 'react';
import { PageHead } from '../../parts/panel.tsx';

export default function ComparePage(): ReactNode {
  return <PageHead title="Compare" />;
}
