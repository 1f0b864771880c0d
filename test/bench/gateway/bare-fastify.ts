import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';

/** The baseline: one route that gives an object of the same size, and nothing else. Argument: the object as JSON. */
const body = JSON.parse(process.argv[2] ?? '{}');
const app = Fastify();
app.get('/status', async () => body);
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.server.address() as AddressInfo;
process.stdout.write(`${address.port}\n`);
