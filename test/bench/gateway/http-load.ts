import { Agent, get } from 'node:http';

/** A process that asks one address as often as it is answered, over so many connections. Arguments: address, connections, seconds, key. */
const [url = '', connections = '', seconds = '', key = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const headers = key === '' ? {} : { authorization: `Bearer ${key}` };
const ends_ms = performance.now() + Number(seconds) * 1000;
let answers = 0;

const ask = (): Promise<void> =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.on('end', resolve).resume();
    }).on('error', reject);
  });

await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    while (performance.now() < ends_ms) {
      await ask();
      answers++;
    }
  }),
);
process.stdout.write(`${answers / Number(seconds)}\n`);
agent.destroy();
