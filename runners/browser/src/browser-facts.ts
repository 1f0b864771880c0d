import type { RunnerDevice } from '@benchwire/shared/contracts/runner.ts';
import { clockStepMs } from './clock.ts';

interface UserAgentData {
  brands: Array<{ brand: string; version: string }>;
  mobile: boolean;
  platform: string;
  getHighEntropyValues(hints: string[]): Promise<{ fullVersionList?: Array<{ brand: string; version: string }> }>;
}

/** What of the browser results depend on: they go into the fingerprint, so nothing that varies by itself is in it. */
export async function browserFacts(): Promise<RunnerDevice['facts']> {
  const { browser, browser_version, engine } = await whichBrowser();
  return {
    ...{ browser, browser_version, engine },
    browser_platform: navigator.platform,
    is_mobile: /Mobi|Android/.test(navigator.userAgent) ? 'yes' : 'no',
    hardware_concurrency: navigator.hardwareConcurrency,
    cross_origin_isolated: crossOriginIsolated ? 'yes' : 'no',
    secure_context: isSecureContext ? 'yes' : 'no',
    clock_step_us: Number((clockStepMs() * 1000).toPrecision(2)),
  };
}

const OWN_NAMES: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bEdg(?:A|iOS)?\/([\d.]+)/, 'Edge'],
  [/\bOPR\/([\d.]+)/, 'Opera'],
  [/\b(?:Firefox|FxiOS)\/([\d.]+)/, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\/([\d.]+)/, 'Chromium'],
  [/\bVersion\/([\d.]+).*Safari\//, 'Safari'],
];

async function whichBrowser(): Promise<{ browser: string; browser_version: string; engine: string }> {
  const agent = navigator.userAgent;
  const engine = /Firefox\//.test(agent) ? 'Gecko' : /Chrom(?:e|ium)\//.test(agent) ? 'Blink' : 'WebKit';
  const data = (navigator as Navigator & { userAgentData?: UserAgentData }).userAgentData;
  const full = await data?.getHighEntropyValues(['fullVersionList']).catch(() => undefined);
  // One of the brands is invented, so that nobody relies on the list.
  const brands = (full?.fullVersionList ?? data?.brands ?? []).filter(({ brand }) => !/not.?a.?brand/i.test(brand));
  const own = brands.find(({ brand }) => !/^(Headless)?Chromium$/.test(brand)) ?? brands[0];
  if (own !== undefined) return { browser: own.brand, browser_version: own.version, engine };
  for (const [pattern, browser] of OWN_NAMES) {
    const version = pattern.exec(agent)?.[1];
    if (version !== undefined) return { browser, browser_version: version, engine };
  }
  return { browser: 'unknown', browser_version: agent.slice(0, 200), engine };
}
