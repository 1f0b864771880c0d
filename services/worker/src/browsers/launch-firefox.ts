import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserEnd, LaunchedBrowser } from './launched-browser.ts';

/** What a fresh profile has: WebGPU where the build has it, nothing that asks, updates or reports, and the clock as fine as it is. */
const PREFERENCES: Readonly<Record<string, boolean | string | number>> = {
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.tabs.crashReporting.sendReport': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.policy.firstRunURL': '',
  'dom.webgpu.enabled': true,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'trailhead.firstrun.didSeeAboutWelcome': true,
};

/**
 * Firefox, without a window. Its page connects back by itself, so nothing has to drive it: it is started at the address, and ended
 * by a signal to all its processes.
 */
export async function launchFirefox(program: string, url: string): Promise<LaunchedBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'benchwire-firefox-'));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  const child = spawn(program, ['--headless', '--no-remote', '--new-instance', '--profile', profile, url], {
    stdio: 'ignore',
    // A group of its own, so that all its processes can be ended.
    detached: true,
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  const exited = new Promise<BrowserEnd>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ what: 'browser', how: `the browser ended with ${signal ?? `exit code ${code}`}` }),
    );
    child.once('error', (error) => resolve({ what: 'browser', how: error.message }));
  });
  return {
    gone: exited,
    close: async () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid);
      await exited;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => undefined);
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in between.
  }
}
