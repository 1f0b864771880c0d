import type { Role } from '@benchwire/shared/contracts/http.ts';
import {
  IconBell,
  IconCamera,
  IconChartLine,
  IconFlag,
  IconGauge,
  IconGitCompare,
  IconHistory,
  IconKey,
  IconLifebuoy,
  IconListDetails,
  IconMailX,
  IconPlayerPlay,
  type IconProps,
  IconReportAnalytics,
  IconServer2,
  IconSettings,
  IconShieldCheck,
  IconTable,
  IconTestPipe,
  IconTimeline,
  IconTrendingDown,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';

export interface PageEntry {
  path: string;
  title: string;
  icon: ComponentType<IconProps>;
  /** Pressed after `g`. */
  key: string;
  /** Shown to those who may. */
  role?: Role;
}

/** The navigation, in order. */
export const PAGES: readonly PageEntry[] = [
  { path: '/', title: 'Overview', icon: IconGauge, key: 'o' },
  { path: '/runs', title: 'Runs', icon: IconPlayerPlay, key: 'r' },
  { path: '/compare', title: 'Compare', icon: IconGitCompare, key: 'c' },
  { path: '/matrix', title: 'Matrix', icon: IconTable, key: 'm' },
  { path: '/analytics', title: 'Analytics', icon: IconTimeline, key: 'a' },
  { path: '/series', title: 'Series', icon: IconChartLine, key: 's' },
  { path: '/findings', title: 'Findings', icon: IconFlag, key: 'f' },
  { path: '/slower', title: 'Got slower', icon: IconTrendingDown, key: 'd' },
  { path: '/tests', title: 'Tests', icon: IconTestPipe, key: 'x' },
  { path: '/fleet', title: 'Fleet', icon: IconServer2, key: 'w' },
  { path: '/faults', title: 'Fault tolerance', icon: IconLifebuoy, key: 'l' },
  { path: '/gates', title: 'Gates', icon: IconShieldCheck, key: 't' },
  { path: '/notifications', title: 'Notifications', icon: IconBell, key: 'b' },
  { path: '/snapshots', title: 'Snapshots', icon: IconCamera, key: 'n' },
  { path: '/reports', title: 'Query', icon: IconReportAnalytics, key: 'p' },
  { path: '/events', title: 'Events', icon: IconListDetails, key: 'e' },
  { path: '/audit', title: 'Audit log', icon: IconHistory, key: 'u' },
  { path: '/rejected', title: 'Rejected', icon: IconMailX, key: 'j' },
  { path: '/settings', title: 'Settings', icon: IconSettings, key: 'i' },
  { path: '/keys', title: 'API keys', icon: IconKey, key: 'k', role: 'admin' },
];
