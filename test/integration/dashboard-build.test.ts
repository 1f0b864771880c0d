import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildDashboard } from '@benchwire/deploy/local/dashboard.ts';
import { beforeAll, expect, test } from 'vitest';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}

let dist: string;
let manifest: Record<string, Chunk>;

beforeAll(async () => {
  dist = await buildDashboard(() => {});
  manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
});

/** The files that a browser fetches for these modules: themselves, what they import statically, and the styles. */
function filesOf(...modules: string[]): Set<string> {
  const files = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the build has no ${name}: ${Object.keys(manifest).join(', ')}`);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const each of chunk.imports ?? []) visit(each);
  };
  for (const name of modules) visit(name);
  return files;
}

const compressedKb = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0) / 1000;

/** What the overview loads with its standard panels. */
const MAX_OVERVIEW_KB = 300;
const MAX_PAGE_KB = 500;

test('the first load is under 300 kB compressed, and charts and the editor are not in it', () => {
  const first = filesOf('index.html', 'src/pages/overview/overview-page.tsx');
  const kb = compressedKb(['index.html', ...first]);
  console.log(`first load: ${Math.round(kb)} kB compressed in ${first.size} files`);
  expect(kb).toBeLessThan(MAX_OVERVIEW_KB);
  for (const later of ['src/charts/echarts.ts', 'src/pages/runs/yaml-editor.tsx']) {
    expect(first).not.toContain(manifest[later]?.file ?? later);
  }
});

test('a page with a chart is under 500 kB as a first load', () => {
  const kb = compressedKb([
    'index.html',
    ...filesOf('index.html', 'src/pages/series/one-series-page.tsx', 'src/charts/echarts.ts'),
  ]);
  console.log(`a series, with ECharts: ${Math.round(kb)} kB compressed`);
  expect(kb).toBeLessThan(MAX_PAGE_KB);
});

test('the page has nothing inline that a strict content security policy refuses', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});
