import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canListen, freePort, loopback } from './free-port.ts';
import { writePrivateFile } from './private-file.ts';

/** Where a person looks for it first. */
const FIRST_PORT = 8080;
const LAST_PORT = 8099;

/**
 * The port of the dashboard of a data folder: the one that it had before, else 8080, else the next free one. It is kept in the
 * folder, so that a page that is open, and a bookmark, find the dashboard again after a restart.
 * @param root - the data folder
 * @param host - the address that other machines reach it by, where there is one: the port has to be free there, too
 */
export async function dashboardPort(root: string, host: string = loopback): Promise<number> {
  const file = join(root, 'dashboard-port');
  const before = readPort(file);
  const wanted = Array.from({ length: LAST_PORT - FIRST_PORT + 1 }, (_, n) => FIRST_PORT + n);
  for (const port of [...(before === undefined ? [] : [before]), ...wanted]) {
    if (!(await canListen(port)) || (host !== loopback && !(await canListen(port, host)))) continue;
    if (port !== before) writePrivateFile(file, `${port}\n`);
    return port;
  }
  return await freePort();
}

function readPort(file: string): number | undefined {
  try {
    const port = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(port) && port >= 1024 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined; // the first start in this folder
  }
}
