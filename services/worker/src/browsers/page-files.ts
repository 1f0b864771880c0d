import { createRequire } from 'node:module';
import { dirname, join, normalize, sep } from 'node:path';
import { buildPage } from '@benchwire/shared/runtime/build-page.ts';

const PAGE = {
  folder: 'runners/browser',
  sources: [
    'runners/browser/src/**/*.ts',
    'runners/browser/{index.html,package.json,vite.config.ts}',
    'shared/stats/{exponential,poisson-arrivals,random}.ts',
    'package-lock.json',
  ],
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

/** Where the files that a page needs are. */
export interface PageFiles {
  page: string;
  /** The files of onnxruntime-web, as they are. */
  runtime: string;
  runtime_version: string;
}

/** Builds the page where that was not done yet, in a second or two. @returns why browsers cannot measure here, where a file is missing */
export async function findPageFiles(say: (text: string) => void): Promise<PageFiles | { missing: string }> {
  const built = await buildPage(PAGE, say);
  if (!('dist' in built))
    return {
      missing:
        built.exit_code === 127
          ? 'the runner page needs Vite, which is not installed: start the worker from a checkout after "npm install"'
          : `the runner page could not be built (exit code ${built.exit_code}, reasons above)`,
    };
  try {
    const require = createRequire(import.meta.url);
    const runtime = dirname(require.resolve('onnxruntime-web'));
    const { version } = require(join(runtime, '../package.json')) as { version: string };
    return { page: built.dist, runtime, runtime_version: version };
  } catch {
    return { missing: 'the package onnxruntime-web is not installed' };
  }
}

/** The file of a path, and its type; undefined for what is not served. Pure. */
export function fileOf({ page, runtime }: PageFiles, path: string): { file: string; type: string } | undefined {
  const type = TYPES[path === '/' ? 'html' : (path.split('.').at(-1) ?? '')];
  if (type === undefined) return undefined;
  const [folder, name] = path.startsWith('/ort/')
    ? [runtime, path.slice('/ort/'.length)]
    : [page, path === '/' ? 'index.html' : path];
  const file = normalize(join(folder, name));
  return file.startsWith(normalize(folder + sep)) ? { file, type } : undefined;
}
