import { accessSync, constants } from 'node:fs';

/** The package of Debian and Ubuntu, and of Homebrew, unless BENCHWIRE_CHROMIUM names another program. */
export const CHROMIUM = process.env.BENCHWIRE_CHROMIUM || usual();

/** Why tests in a browser can't run here; undefined where they can. */
export function whyNoChromium(): string | undefined {
  try {
    accessSync(CHROMIUM, constants.X_OK);
    return undefined;
  } catch {
    return `Chromium is not installed (${CHROMIUM})`;
  }
}

function usual(): string {
  return process.platform === 'darwin' ? '/Applications/Chromium.app/Contents/MacOS/Chromium' : '/usr/bin/chromium';
}
