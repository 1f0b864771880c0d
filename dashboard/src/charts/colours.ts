import type { TaskRow } from '@benchwire/shared/contracts/rows.ts';

/** Colours of the charts: told apart by people with any colour vision (Okabe and Ito, 2008), at 3:1 against their ground. */
export interface ChartColours {
  text: string;
  muted: string;
  line: string;
  ground: string;
  /** For things without an order: models, pools, sides of a comparison. */
  categories: readonly string[];
  /** From few to many. */
  ramp: readonly string[];
  status: Readonly<Record<TaskRow['state'], string>>;
}

const light: ChartColours = {
  text: '#1f2328',
  muted: '#59636e',
  line: '#dfe3e8',
  ground: '#ffffff',
  categories: ['#0b62a8', '#c2410c', '#00795b', '#a03c7c', '#8a6a00', '#3d7fb5', '#5c5c5c'],
  ramp: ['#eef4fa', '#c3dbef', '#8bb9de', '#4a90c4', '#1668a7', '#0a3f6e'],
  status: {
    waiting: '#8b949e',
    running: '#0b62a8',
    completed: '#00795b',
    failed: '#c2410c',
    timed_out: '#8a6a00',
    cancelled: '#5c6470',
    lost: '#a03c7c',
  },
};

const dark: ChartColours = {
  text: '#e3e7ec',
  muted: '#9ba5b0',
  line: '#343b44',
  ground: '#1a1e23',
  categories: ['#5aa9e6', '#f0884a', '#35b892', '#d884b8', '#d6b23e', '#8fc3ea', '#a8afb8'],
  ramp: ['#1d2732', '#1d4468', '#22669f', '#3f8dca', '#7db8e6', '#c3def4'],
  status: {
    waiting: '#7d8590',
    running: '#5aa9e6',
    completed: '#35b892',
    failed: '#f0884a',
    timed_out: '#d6b23e',
    cancelled: '#98a1ad',
    lost: '#d884b8',
  },
};

export function chartColours(scheme: 'light' | 'dark'): ChartColours {
  return scheme === 'dark' ? dark : light;
}
