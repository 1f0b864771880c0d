import { spawn } from 'node:child_process';
import { dashboardUrl } from '@benchwire/shared/client/find-stack.ts';
import { createSignInToken } from '@benchwire/shared/client/sign-in-link.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError } from '../errors.ts';

export const open = defineCommand({
  name: 'open',
  summary: 'open the dashboard: a link that signs in once',
  positionals: [],
  options: {
    url: { kind: 'text', value: 'URL', help: "the dashboard's address, where bw does not know it" },
    'no-browser': { kind: 'flag', help: 'only print the link' },
  },
  details: `
The link works once, and for ten minutes. It is printed in any case; where there is a screen, the browser is opened with it.
With \`npm start -- --share\` it works on other machines, too.

  bw open
  bw open --url https://bench.example.com    # a stack whose gateway is elsewhere`,
  async run(context, { url, 'no-browser': stay }) {
    const { environment, working_directory, out, err } = context;
    const address = url ?? dashboardUrl({ environment, working_directory });
    if (address === undefined)
      throw new NotFoundError(
        'no dashboard of a local stack runs here: start one with `npm start`, or name its address with --url.',
      );
    const { token, expires_at } = await withStack(context, ({ nats }) => createSignInToken(nats));
    const link = `${address.replace(/\/+$/, '')}/#token=${token}`;
    if (context.json) out.line(JSON.stringify({ url: link, expires_at }));
    else {
      if (!stay && hasScreen(context)) openBrowser(link);
      err.line('The dashboard; the link signs in once, within ten minutes:');
      out.line(link);
    }
    return EXIT.ok;
  },
});

/** Whether a browser would appear before the person who calls. */
function hasScreen({ environment, out }: CliContext): boolean {
  if (!out.isTerminal || environment.SSH_CONNECTION || environment.SSH_TTY) return false;
  return process.platform === 'darwin' || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

/** The link is printed as well, so whatever goes wrong here is no error. */
function openBrowser(link: string): void {
  const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [link], { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
