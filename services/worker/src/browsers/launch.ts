import { BROWSERS, type FoundBrowser } from './browser-kinds.ts';
import { launchChromium } from './launch-chromium.ts';
import { launchFirefox } from './launch-firefox.ts';
import { launchSafari } from './launch-safari.ts';
import type { LaunchedBrowser } from './launched-browser.ts';

const LAUNCHERS = { chromium: launchChromium, firefox: launchFirefox, safari: launchSafari };

/** @throws Error where the browser does not start */
export function launchBrowser(browser: FoundBrowser, url: string): Promise<LaunchedBrowser> {
  return LAUNCHERS[BROWSERS[browser.name].launcher](browser.path, url);
}
