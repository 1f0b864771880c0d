import { statSync } from 'node:fs';
import type { RunnerDevice } from '@benchwire/shared/contracts/runner.ts';
import { messageOf } from '@benchwire/shared/model/errors.ts';
import type { FoundDevice } from '../devices/found-device.ts';
import type { Visible } from '../devices/visible-devices.ts';
import { BROWSERS, type BrowserName, type FoundBrowser, findBrowsers, type WantedBrowser } from './browser-kinds.ts';
import { BrowserSession } from './browser-session.ts';
import { findPageFiles, type PageFiles } from './page-files.ts';
import { PageServer } from './page-server.ts';

/** A device that is a browser's, and the browser that has it. */
export interface BrowserDevice {
  session: BrowserSession;
  device: RunnerDevice;
  /** Where its page gets files from. */
  server: PageServer;
  /** The browser is to be asked again: it has said something else than before. */
  forget: () => void;
}

interface Asked {
  /** Of the program: another one is asked again. */
  key: string;
  devices: RunnerDevice[];
  note: string | undefined;
}

/** The browsers of this machine that WORKER_BROWSERS names, as devices. */
export class Browsers {
  readonly #server: PageServer;
  readonly #files: PageFiles;
  readonly #wanted: readonly WantedBrowser[];
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #sessions = new Map<BrowserName, { path: string; session: BrowserSession }>();
  readonly #asked = new Map<BrowserName, Asked>();

  private constructor(
    files: PageFiles,
    wanted: readonly WantedBrowser[],
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#files = files;
    this.#wanted = wanted;
    this.#env = env;
    this.#server = new PageServer(files);
  }

  /** @returns why there are none, where the page cannot be served */
  static async open(
    wanted: readonly WantedBrowser[],
    env: Readonly<Record<string, string | undefined>>,
    say: (text: string) => void,
  ): Promise<Browsers | { missing: string }> {
    const files = await findPageFiles(say);
    if ('missing' in files) return files;
    const browsers = new Browsers(files, wanted, env);
    await browsers.#server.start();
    return browsers;
  }

  /** Each browser is started once to be asked what it can measure on, and again when its program is another one. */
  async look(): Promise<Visible> {
    const { found, notes } = findBrowsers(this.#wanted, this.#env);
    const devices: FoundDevice[] = [];
    // One after the other: starting them at once makes each of them slow.
    for (const browser of found) {
      const { devices: own, note } = await this.#ask(browser);
      devices.push(...own.map((device) => foundDevice(browser, device, this.#files.runtime_version)));
      if (note !== undefined) notes.push(note);
    }
    return { devices, notes };
  }

  /** The browser of a device; undefined where it is none of a browser's. */
  of(device_id: string): BrowserDevice | undefined {
    for (const [name, { devices }] of this.#asked) {
      const device = devices.find((each) => deviceId(name, each) === device_id);
      const session = this.#sessions.get(name)?.session;
      if (device !== undefined && session !== undefined)
        return { session, device, server: this.#server, forget: () => this.#asked.delete(name) };
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ session }) => session.stop()));
    await this.#server.stop();
  }

  async #ask(browser: FoundBrowser): Promise<Asked> {
    const key = keyOf(browser);
    const known = this.#asked.get(browser.name);
    if (known?.key === key) return known;
    const session = await this.#sessionOf(browser);
    const asked = await session.ready().then(
      ({ devices = [] }): Asked => ({ key, devices, note: undefined }),
      (error: unknown): Asked => ({ key, devices: [], note: `${browser.name} is not offered: ${messageOf(error)}` }),
    );
    this.#asked.set(browser.name, asked);
    return asked;
  }

  async #sessionOf(browser: FoundBrowser): Promise<BrowserSession> {
    const known = this.#sessions.get(browser.name);
    if (known?.path === browser.path) return known.session;
    await known?.session.stop();
    const session = new BrowserSession(browser, this.#server);
    this.#sessions.set(browser.name, { path: browser.path, session });
    return session;
  }
}

const deviceId = (name: BrowserName, device: RunnerDevice): string => `${name}-${device.class}`;

function keyOf({ path }: FoundBrowser): string {
  const { mtimeMs, size } = statSync(path);
  return `${path} ${mtimeMs} ${size}`;
}

/** Limits of WebGPU that decide which models fit. */
const SHOWN_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
];

function foundDevice({ name, path }: FoundBrowser, device: RunnerDevice, runtime_version: string): FoundDevice {
  const { browser_version } = device.facts;
  const limits = Object.entries(device.limits).filter(([limit]) => SHOWN_LIMITS.includes(limit));
  return {
    device_id: deviceId(name, device),
    class: device.class,
    name: `${device.name} in ${BROWSERS[name].title} ${browser_version ?? ''}`.trim(),
    memory_gb: null,
    cuda_compute: null,
    slots: 1,
    identity: {
      ...device.facts,
      onnxruntime_version: `${runtime_version} (web)`,
      // What measures is the browser, whatever Node the worker runs in.
      node_version: null,
    },
    instance: {
      browser_path: path,
      ...(device.simulated === null ? {} : { simulated_because: device.simulated }),
      ...Object.fromEntries(limits),
    },
    of_browser: name,
  };
}
