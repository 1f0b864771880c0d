import { pause } from '@benchwire/shared/runtime/lifecycle.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../errors.ts';
import { FullScreen } from '../terminal/screen.ts';
import { type FleetState, fleetJson, fleetView } from '../top/fleet-view.ts';
import { watchFleet } from '../top/watch-fleet.ts';

/** Workers of a small fleet speak once a second; a larger one is known in part by then, and says so by its numbers. */
const SNAPSHOT_AFTER_MS = 2500;
const REDRAW_MS = 500;

export const top = defineCommand({
  name: 'top',
  summary: 'a live view of the fleet, its queues and running tasks',
  positionals: [],
  options: { once: { kind: 'flag', help: 'print once and exit; the default without a terminal' } },
  details: 'q or Ctrl-C ends it.',
  async run(context, { once }) {
    return await withStack(context, async (client) => {
      const watching = await watchFleet(client, context.now);
      if (once || context.json || !context.out.isTerminal) await snapshot(context, watching.fleet);
      else await live(context, watching.fleet);
      await watching.stop();
      return EXIT.ok;
    });
  },
});

async function snapshot(context: CliContext, fleet: FleetState): Promise<void> {
  await pause(SNAPSHOT_AFTER_MS);
  const { out, json, style, now } = context;
  if (json) out.line(JSON.stringify(fleetJson(fleet, now())));
  else out.lines(fleetView(fleet, now(), style, out.columns, 10_000));
}

async function live(context: CliContext, fleet: FleetState): Promise<void> {
  const { out, stdin, style } = context;
  const ended = new AbortController();
  const release = context.onInterrupt(() => ended.abort());
  const onKey = (key: Buffer | string): void => {
    const text = key.toString();
    if (text === 'q' || text === 'Q' || text === '\x03') ended.abort();
  };
  const raw = stdin.isTTY === true && 'setRawMode' in stdin ? (stdin as NodeJS.ReadStream) : undefined;
  raw?.setRawMode(true);
  stdin.on('data', onKey);
  const screen = new FullScreen(out);
  try {
    while (!ended.signal.aborted) {
      const hint = style.dim('q ends');
      const lines = fleetView(fleet, context.now(), style, (out.columns ?? 80) - 1, out.rows);
      screen.draw([...lines.slice(0, out.rows - 2), '', hint]);
      await pause(REDRAW_MS, ended.signal);
    }
  } finally {
    screen.close();
    stdin.off('data', onKey);
    raw?.setRawMode(false);
    stdin.pause();
    release();
  }
}
