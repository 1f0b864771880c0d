import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { z } from 'zod';

const FOLDER = join(repositoryRoot, 'deploy/monitoring/grafana/dashboards');

/** What Grafana needs of a dashboard that it provisions from a file. */
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int(),
  panels: z.array(
    z.object({
      id: z.int(),
      type: z.enum(['stat', 'timeseries', 'table']),
      title: z.string().min(1),
      gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().positive(), h: z.int().positive() }),
      datasource: z.object({ type: z.string(), uid: z.string() }),
      targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string().optional() })).min(1),
    }),
  ),
});
export type Dashboard = z.infer<typeof dashboard>;

/** Grafana's dashboards, by file name. */
export function readDashboards(): Array<Dashboard & { file: string }> {
  return readdirSync(FOLDER).map((file) => ({
    file,
    ...dashboard.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))),
  }));
}
