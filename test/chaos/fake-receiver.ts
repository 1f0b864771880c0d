import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * A webhook that may be killed: `fake-receiver.ts PORT FILE`. What it takes it writes to the file before it answers, and a key that is there
 * already it only counts, as receivers are meant to. Lines: `taken|repeated PATH KEY REVISION ALERTS`.
 */
const [port, file = ''] = process.argv.slice(2);
const taken = new Set(
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line) => (line.startsWith('taken ') ? [line.split(' ').slice(1, 3).join(' ')] : []))
    : [],
);

createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { revision, alerts } = JSON.parse(Buffer.concat(chunks).toString()) as { revision: number; alerts: object };
  const name = `${request.url} ${request.headers['idempotency-key']}`;
  const how = taken.has(name) ? 'repeated' : 'taken';
  taken.add(name);
  appendFileSync(file, `${how} ${name} ${revision} ${Object.keys(alerts).join(',')}\n`);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}).listen(Number(port), '127.0.0.1');
