import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where Chromium and its relatives are installed, by Debian, by others, and on macOS. */
const USUAL_PLACES = [
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'],
  ...['/snap/bin/chromium', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const DEFAULT_TIMEOUT_MS = 60_000;

/** A report as PDF, or one sentence with why there is none and what to do. */
export type Printed = { ok: true; pdf: Buffer } | { ok: false; reason: string };

export interface PrintOptions {
  /** The browser that prints, as a path; the first one of the usual places without. */
  browser?: string | undefined;
  timeout_ms?: number;
}

/**
 * Prints a page that needs nothing else with the Chromium of this machine. The browser gets no network and none of our
 * environment, and ends with the page or after the timeout; the page's own policy forbids scripts (document.ts).
 */
export async function printPdf(html: string, options: PrintOptions = {}): Promise<Printed> {
  const browser = options.browser ?? USUAL_PLACES.find(isProgram);
  if (browser === undefined || !isProgram(browser)) return { ok: false, reason: noBrowser(options.browser) };
  const folder = await mkdtemp(join(tmpdir(), 'benchwire-pdf-'));
  try {
    const [page, pdf] = [join(folder, 'report.html'), join(folder, 'report.pdf')];
    await writeFile(page, html);
    const failed = await run(
      browser,
      argumentsFor(folder, page, pdf),
      folder,
      options.timeout_ms ?? DEFAULT_TIMEOUT_MS,
    );
    const bytes = failed === undefined ? await readFile(pdf).catch(() => undefined) : undefined;
    if (bytes !== undefined) return { ok: true, pdf: bytes };
    return {
      ok: false,
      reason: `${browser} printed no PDF: ${failed ?? 'it wrote no file'}. The HTML report is the same.`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function noBrowser(named: string | undefined): string {
  const where =
    named === undefined ? 'Chromium is not installed' : `BENCHWIRE_CHROMIUM is ${named}, which is no program`;
  return `${where}: a PDF needs it (apt-get install chromium, or set BENCHWIRE_CHROMIUM to its path). The HTML report can be printed by any browser.`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function argumentsFor(folder: string, page: string, pdf: string): string[] {
  return [
    ...['--headless', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-dev-shm-usage'],
    // Chromium has no sandbox for root. The page is ours, without scripts.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--host-resolver-rules=MAP * ~NOTFOUND',
    ...[`--user-data-dir=${join(folder, 'profile')}`, '--no-pdf-header-footer', `--print-to-pdf=${pdf}`],
    pathToFileURL(page).href,
  ];
}

/** Undefined where it ended well, else how it ended. */
async function run(
  program: string,
  parameters: string[],
  home: string,
  timeout_ms: number,
): Promise<string | undefined> {
  const child = spawn(program, parameters, {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, TMPDIR: home },
    stdio: 'ignore',
    detached: true,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child);
  }, timeout_ms);
  try {
    return await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => {
        if (late) resolve(`it took more than ${timeout_ms / 1000} s`);
        else resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`);
      });
    });
  } finally {
    clearTimeout(timer);
    endGroup(child);
  }
}

/** The browser has processes of its own, which are in its group. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}
