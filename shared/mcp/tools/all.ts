import type { Tool } from '../tool.ts';
import { deviceHealth } from './devices.ts';
import { decideFinding, explainFinding, whatChanged } from './findings.ts';
import { howToReproduce, startRun } from './reproduce.ts';
import { listRuns, overview, whyRed } from './runs.ts';
import { compare, listSeries, seriesHistory } from './series.ts';

/** Every tool; 12 at most, so that a model can choose. */
export const TOOLS: readonly Tool[] = [
  overview,
  whyRed,
  whatChanged,
  explainFinding,
  howToReproduce,
  deviceHealth,
  listRuns,
  listSeries,
  seriesHistory,
  compare,
  startRun,
  decideFinding,
];
