import { createServer } from 'node:http';

/** Stands in for a service: answers /readyz, tells its environment, crashes when asked, stops as a service has to. */

const { HTTP_PORT, FAKE_FAILURE } = process.env;

if (FAKE_FAILURE !== undefined) {
  console.error(FAKE_FAILURE);
  process.exit(3);
}

const server = createServer((request, response) => {
  switch (request.url) {
    case '/env':
      response.end(JSON.stringify(process.env));
      break;
    case '/crash':
      console.error('Error: out of fuel');
      process.exit(7);
      break;
    default:
      response.end('ok');
  }
});
server.listen(Number(HTTP_PORT), '127.0.0.1');

const stop = (): void => {
  console.log('stopping');
  server.closeAllConnections();
  server.close(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('disconnect', stop);
