import { styleText } from 'node:util';
import type { LogLine } from './stack.ts';

const colors = ['cyan', 'magenta', 'green', 'yellow', 'blue', 'cyanBright', 'magentaBright', 'greenBright'] as const;
const nameWidth = 'aggregator-1'.length;

/**
 * How the stack shows log lines: with the service's name in front, in a colour of its own in a terminal. Otherwise for a
 * machine: the services' JSON lines as they are, what the stack itself says as JSON of the same form.
 */
export function logPrinter(write: (text: string) => void, inTerminal: boolean): (line: LogLine) => void {
  const known = new Map<string, (typeof colors)[number]>();
  return ({ service, line }) => {
    if (!inTerminal) {
      const ours = { level: 30, time: Date.now(), service, msg: line };
      write(`${line.startsWith('{') ? line : JSON.stringify(ours)}\n`);
      return;
    }
    const color = known.get(service) ?? colors[known.size % colors.length] ?? 'cyan';
    known.set(service, color);
    write(`${styleText(color, `${service.padEnd(nameWidth)} |`)} ${line}\n`);
  };
}
