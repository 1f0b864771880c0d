import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a browser is started and ended; everything else is the page's. */
type Launcher = 'chromium' | 'firefox' | 'safari';

interface BrowserKind {
  /** As people call it. */
  title: string;
  launcher: Launcher;
  /** Programs on PATH. */
  programs: readonly string[];
  /** Where installers put it, by platform. */
  paths: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>>;
}

const MAC = '/Applications';
const WINDOWS = ['C:\\Program Files', 'C:\\Program Files (x86)'];
const windows = (path: string): string[] => WINDOWS.map((folder) => `${folder}\\${path}`);

/** Every browser that a worker can start, once. */
export const BROWSERS = {
  chromium: {
    title: 'Chromium',
    launcher: 'chromium',
    programs: ['chromium', 'chromium-browser'],
    paths: { darwin: [`${MAC}/Chromium.app/Contents/MacOS/Chromium`] },
  },
  chrome: {
    title: 'Google Chrome',
    launcher: 'chromium',
    programs: ['google-chrome', 'google-chrome-stable'],
    paths: {
      darwin: [`${MAC}/Google Chrome.app/Contents/MacOS/Google Chrome`],
      win32: windows('Google\\Chrome\\Application\\chrome.exe'),
    },
  },
  edge: {
    title: 'Microsoft Edge',
    launcher: 'chromium',
    programs: ['microsoft-edge', 'microsoft-edge-stable'],
    paths: {
      darwin: [`${MAC}/Microsoft Edge.app/Contents/MacOS/Microsoft Edge`],
      win32: windows('Microsoft\\Edge\\Application\\msedge.exe'),
    },
  },
  firefox: {
    title: 'Firefox',
    launcher: 'firefox',
    programs: ['firefox', 'firefox-esr'],
    paths: {
      darwin: [`${MAC}/Firefox.app/Contents/MacOS/firefox`],
      win32: windows('Mozilla Firefox\\firefox.exe'),
    },
  },
  safari: {
    title: 'Safari',
    launcher: 'safari',
    programs: [],
    paths: { darwin: ['/usr/bin/safaridriver'] },
  },
} as const satisfies Record<string, BrowserKind>;

export type BrowserName = keyof typeof BROWSERS;
const NAMES = Object.keys(BROWSERS) as BrowserName[];

/** One entry of WORKER_BROWSERS: a browser, where its program is, if that is said; or all that are found. */
export type WantedBrowser = { name: BrowserName; path: string | null } | 'auto';

/** @returns undefined for an entry that is neither `auto`, nor the name of a browser, nor `name=path` */
export function readWanted(entry: string): WantedBrowser | undefined {
  if (entry === 'auto') return entry;
  const [name = '', ...path] = entry.split('=');
  if (!NAMES.includes(name as BrowserName) || (path.length > 0 && path.join('=') === '')) return undefined;
  return { name: name as BrowserName, path: path.length === 0 ? null : path.join('=') };
}

export const WANTED_IN_WORDS = `takes auto, ${NAMES.join(', ')}, each with its program where that is not the usual one (chromium=/opt/chromium/chrome), and commas between them`;

export interface FoundBrowser {
  name: BrowserName;
  /** The program; of Safari its driver. */
  path: string;
}

/** The programs of these browsers on this machine. Notes name those that are not there. */
export function findBrowsers(
  wanted: readonly WantedBrowser[],
  env: Readonly<Record<string, string | undefined>>,
): { found: FoundBrowser[]; notes: string[] } {
  const found = new Map<BrowserName, FoundBrowser>();
  const notes: string[] = [];
  for (const each of wanted) {
    const names: ReadonlyArray<{ name: BrowserName; path: string | null }> =
      each === 'auto' ? NAMES.map((name) => ({ name, path: null })) : [each];
    for (const { name, path } of names) {
      const program = path === null ? usualPath(BROWSERS[name], env) : isProgram(path) ? path : undefined;
      if (program !== undefined) found.set(name, found.get(name) ?? { name, path: program });
      else if (each !== 'auto')
        notes.push(
          `WORKER_BROWSERS names ${name}, and ${path === null ? `${BROWSERS[name].title} is not installed here` : `${path} is not a program`}`,
        );
    }
  }
  if (found.size === 0 && wanted.includes('auto'))
    notes.push('WORKER_BROWSERS is auto, and no browser was found on this machine');
  return { found: [...found.values()], notes };
}

function usualPath(kind: BrowserKind, { PATH = '' }: Readonly<Record<string, string | undefined>>): string | undefined {
  const on_path = PATH.split(delimiter).filter((folder) => folder !== '');
  const programs = kind.programs.flatMap((program) => on_path.map((folder) => join(folder, program)));
  return [...programs, ...(kind.paths[process.platform] ?? [])].find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
