import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildDashboard } from '@benchwire/deploy/local/dashboard.ts';
import { beforeAll, expect, test } from 'vitest';

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
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
/** Of the whole first load of any page, with the charts and the editor that it may show. */
const MAX_PAGE_KB = 500;
/** Of what a page loads beside what every page has, without charts and editor. */
const MAX_OWN_KB = 60;
const CHARTS = ['src/charts/echarts.ts', 'src/charts/echarts-rest.ts'];
const EDITOR = 'src/pages/runs/yaml-editor.tsx';

test('the first load is under 300 kB compressed, and charts and the editor are not in it', () => {
  const first = filesOf('index.html', 'src/pages/overview/overview-page.tsx');
  const kb = compressedKb(['index.html', ...first]);
  console.log(`first load: ${Math.round(kb)} kB compressed in ${first.size} files`);
  expect(kb).toBeLessThan(MAX_OVERVIEW_KB);
  for (const later of [...CHARTS, EDITOR]) {
    expect(first).not.toContain(manifest[later]?.file ?? later);
  }
});

/** What a page may load later: what it and its parts import when they need it. */
function laterOf(page: string): string[] {
  const files = filesOf(page);
  const parts = Object.values(manifest).filter(({ file }) => files.has(file));
  return [...new Set(parts.flatMap(({ dynamicImports = [] }) => dynamicImports))];
}

test('every page is under 500 kB compressed as a first load, with its charts or its editor', () => {
  const pages = Object.keys(manifest).filter((name) => name.startsWith('src/pages/') && name.endsWith('-page.tsx'));
  expect(pages.length).toBeGreaterThan(25);
  const every_page = filesOf('index.html');
  const own_of = (page: string): number => compressedKb([...filesOf(page)].filter((file) => !every_page.has(file)));
  const whole_of = (page: string): number => {
    const later = laterOf(page);
    const heavy = [...CHARTS, EDITOR].filter((name) => later.includes(name));
    return compressedKb(['index.html', ...filesOf('index.html', page, ...heavy)]);
  };
  const sizes = pages.map((page) => ({ page, own_kb: own_of(page), whole_kb: whole_of(page) }));
  const [largest] = sizes.toSorted((a, b) => b.whole_kb - a.whole_kb);
  console.log(`largest page: ${largest?.page}, ${Math.round(largest?.whole_kb ?? 0)} kB compressed`);
  const words = ({ page, own_kb, whole_kb }: (typeof sizes)[number]): string =>
    `${page}: ${Math.round(own_kb)} kB of its own, ${Math.round(whole_kb)} kB in all`;
  expect(sizes.filter(({ own_kb, whole_kb }) => own_kb > MAX_OWN_KB || whole_kb > MAX_PAGE_KB).map(words)).toEqual([]);
});

test('no page loads the schemas of the contracts', () => {
  const pages = Object.keys(manifest).filter((name) => name.startsWith('src/'));
  const with_schemas = pages.filter((page) => [...filesOf(page)].some((file) => hasSchemas(file)));
  expect(with_schemas).toEqual([]);
});

/** Zod's classes stand in what is built from it. */
const hasSchemas = (file: string): boolean =>
  file.endsWith('.js') && readFileSync(join(dist, file), 'utf8').includes('ZodObject');

test('the page has nothing inline that a strict content security policy refuses', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
});
