import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findServer, natsServer, redisServer } from '@benchwire/deploy/local/find-server.ts';
import { freePort } from '@benchwire/deploy/local/free-port.ts';
import { provideServers, thisMachine } from '@benchwire/deploy/local/install-server.ts';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { type ClickHouseFront, startClickHouseFront } from './clickhouse-front.ts';
import type { ComposeProcess, ComposeProcesses } from './compose-processes.ts';
import { kafkaJars } from './kafka-artifacts.ts';

/** The servers of compose.yaml by programs of this machine; each is in place once its healthcheck says so. */

/** Where NATS and Redis lie, installed if need be; undefined where they can only be had as containers. */
export async function serverFolders(): Promise<string[] | undefined> {
  const kinds = [natsServer, redisServer];
  const tools = { run: runCommand, say: console.warn, find: findServer, machine: thisMachine() };
  const found = await provideServers(kinds, tools).catch(() => []);
  const folders = found.flatMap((program) => (program.from === 'binary' ? [dirname(program.path)] : []));
  return folders.length === kinds.length ? folders : undefined;
}

export async function startNats(compose: ComposeProcesses): Promise<ComposeProcess> {
  const [client, monitor] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  for (const place of ['nats:4222', '0.0.0.0:4222']) compose.put(place, client);
  for (const place of ['127.0.0.1:8222', '0.0.0.0:8222']) compose.put(place, monitor);
  return compose.server('nats', ['nats-server']);
}

export async function startRedis(compose: ComposeProcesses): Promise<ComposeProcess> {
  const port = await freePort();
  compose.put('redis:6379', `127.0.0.1:${port}`);
  compose.put('bind * -::*', `bind 127.0.0.1\nport ${port}`);
  compose.put('redis-cli ping', `redis-cli -p ${port} ping`);
  return compose.server('redis', []);
}

/** A ClickHouse server's HTTP interface on the embedded engine, with the two users of compose.yaml. */
export async function startClickHouse(compose: ComposeProcesses): Promise<ClickHouseFront> {
  const front = await startClickHouseFront({
    [compose.variable('clickhouse', 'CLICKHOUSE_USER')]: compose.variable('clickhouse', 'CLICKHOUSE_PASSWORD'),
    benchwire_reader: compose.variable('clickhouse', 'CLICKHOUSE_READER_PASSWORD'),
  });
  compose.put('clickhouse:8123', `127.0.0.1:${front.port}`);
  compose.put('127.0.0.1:8123', `127.0.0.1:${front.port}`);
  return front;
}

/** A real broker, from Maven Central's artifacts, configured as the image does it: by the variables KAFKA_*. */
export async function startKafka(compose: ComposeProcesses, folder: string, version: string): Promise<ComposeProcess> {
  const [internal, host, controller] = [await freePort(), await freePort(), await freePort()];
  compose.put('INTERNAL://:9092', `INTERNAL://127.0.0.1:${internal}`);
  compose.put('kafka:9092', `127.0.0.1:${internal}`);
  compose.put('/dev/tcp/127.0.0.1/9092', `/dev/tcp/127.0.0.1/${internal}`);
  compose.put('HOST://:9094', `HOST://127.0.0.1:${host}`);
  compose.put('localhost:9094', `127.0.0.1:${host}`);
  compose.put('localhost:9093', `127.0.0.1:${controller}`);
  compose.put('/var/lib/kafka/data', join(folder, 'data'));

  mkdirSync(folder, { recursive: true });
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, serverProperties(compose));
  const java = [
    'java',
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${await kafkaJars(version)}/*`,
  ];
  const [program = '', ...args] = [...java, 'kafka.tools.StorageTool', 'format', '--cluster-id'];
  execFileSync(program, [...args, compose.variable('kafka', 'CLUSTER_ID'), '--config', properties], { stdio: 'pipe' });
  return compose.server('kafka', [...java, 'kafka.Kafka', properties]);
}

/** As the image's KafkaDockerWrapper names them: `_` is a dot, `__` an underscore, `___` a dash. */
function serverProperties(compose: ComposeProcesses): string {
  return Object.entries(compose.file.services.kafka?.environment ?? {})
    .filter(([name]) => name.startsWith('KAFKA_'))
    .map(([name, value]) => {
      const key = name.slice('KAFKA_'.length).toLowerCase();
      return `${key.replaceAll('_', '.').replaceAll('...', '-').replaceAll('..', '_')}=${compose.here(value)}`;
    })
    .join('\n');
}

/** Prometheus with its configuration, but that it asks every second and is told where the services are. */
export async function startPrometheus(
  compose: ComposeProcesses,
  folder: string,
  services: ReadonlyArray<{ name: string; http_port: number }>,
): Promise<ComposeProcess & { url: string }> {
  const address = `127.0.0.1:${await freePort()}`;
  compose.put('127.0.0.1:9090', address);
  for (const name of ['scrape_interval', 'evaluation_interval']) compose.put(`${name}: 15s`, `${name}: 1s`);
  const targets = services.map(
    ({ name, http_port }) => `{ targets: ["127.0.0.1:${http_port}"], labels: { __meta_dns_name: ${name} } }`,
  );
  // The names are those of containers; what is looked up by them is given instead.
  const text = readFileSync(join(repositoryRoot, 'deploy/monitoring/prometheus.yml'), 'utf8');
  const lookup = /dns_sd_configs:[\s\S]*?refresh_interval: \S+/.exec(text)?.[0] ?? '';
  compose.put(lookup, `static_configs: [${targets.join(', ')}]`);
  const started = compose.server('prometheus', [join(folder, 'prometheus'), `--web.listen-address=${address}`]);
  return Object.assign(started, { url: `http://${address}` });
}
