import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { freshVariables, readCompose } from '../support/compose-file.ts';
import { type Dashboard, readDashboards } from '../support/dashboards.ts';
import { pathOf, prometheusPrograms, tellIfMissing } from '../support/test-tools.ts';

/** What is in deploy/monitoring. That the queries have answers is tested where the services run: deploy-images.test.ts. */
const FOLDER = join(repositoryRoot, 'deploy/monitoring');
const dashboards = readDashboards();

describe('the dashboards', () => {
  it('are those for fleet, queues, latency and regressions', () => {
    expect(dashboards.map(({ file, uid }) => [file, uid])).toEqual(
      ['fleet', 'latency', 'queues', 'regressions'].map((name) => [`${name}.json`, `benchwire-${name}`]),
    );
  });

  it.each(dashboards)('$file has panels that do not overlap, on the data source that is provisioned', ({ panels }) => {
    const { datasources } = parse(
      readFileSync(join(FOLDER, 'grafana/provisioning/datasources/prometheus.yaml'), 'utf8'),
    );
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const panel of panels) {
      expect(panel.datasource).toEqual({ type: datasources[0].type, uid: datasources[0].uid });
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(24);
      expect(new Set(panel.targets.map(({ refId }) => refId)).size, panel.title).toBe(panel.targets.length);
      for (const other of panels) if (other !== panel) expect(overlap(panel, other), panel.title).toBe(false);
    }
  });

  it('are mounted where the provider looks for them', () => {
    const { providers } = parse(readFileSync(join(FOLDER, 'grafana/provisioning/dashboards/benchwire.yaml'), 'utf8'));
    const { grafana } = readCompose(freshVariables()).services;
    expect(grafana?.volumes).toContain(`./monitoring/grafana/dashboards:${providers[0].options.path}:ro`);
    expect(grafana?.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `${providers[0].options.path}/fleet.json`,
    );
  });
});

const programs = prometheusPrograms();
tellIfMissing('prometheus.yml and the alerts with promtool', programs);

describe.skipIf('missing' in programs)('promtool', () => {
  const promtool = (cwd: string, ...args: string[]): string =>
    execFileSync(join(pathOf(programs), 'promtool'), args, { cwd, encoding: 'utf8', stdio: 'pipe' });

  it('accepts prometheus.yml and the alerts in it', () => {
    expect(promtool(FOLDER, 'check', 'config', 'prometheus.yml')).toContain('is valid prometheus config');
    expect(promtool(FOLDER, 'check', 'rules', 'alerts.yml')).toContain('SUCCESS');
  });

  it('sees every alert fire when it should, and none when all is well', () => {
    expect(promtool(FOLDER, 'test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
    const { groups } = parse(readFileSync(join(FOLDER, 'alerts.yml'), 'utf8'));
    const cases = readFileSync(join(FOLDER, 'alerts.test.yml'), 'utf8');
    for (const { alert } of groups[0].rules) expect(cases, alert).toContain(`{alertname="${alert}"`);
  });

  it('would see an alert that never fires', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bw-alerts-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(FOLDER, folder, { recursive: true });
    const rules = readFileSync(join(folder, 'alerts.yml'), 'utf8');
    writeFileSync(join(folder, 'alerts.yml'), rules.replace('benchwire_unserved_tasks)', 'benchwire_unserved_task)'));
    expect(() => promtool(folder, 'test', 'rules', 'alerts.test.yml')).toThrow();
  });
});

type Panel = Dashboard['panels'][number];

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
