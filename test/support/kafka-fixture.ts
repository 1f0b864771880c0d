import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dyingWithUs } from '@benchwire/deploy/local/server-launch.ts';
import { SupervisedProcess } from '@benchwire/deploy/local/supervised-process.ts';
import { repairKafkajs } from '@benchwire/shared/runtime/kafkajs-repair.ts';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { GenericContainer, Wait } from 'testcontainers';
import { ENGINE_VARIABLE } from '../containers/engine.ts';
import { kafkaJars, whyNoJars } from './kafka-artifacts.ts';
import { formatArguments, type KafkaPorts, kafkaPorts, kafkaProperties, writeCertificates } from './kafka-config.ts';

/** The last of the line before protocol versions were removed (KIP-896), and the current one. */
export const KAFKA_VERSIONS = ['3.9.2', '4.4.0'] as const;

/** A single node, which can be killed and started again with its data. */
interface Node {
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A real broker. */
export interface KafkaFixture extends Node {
  version: string;
  /** `host:port` by how one logs in; see kafka-config.ts. */
  brokers: Record<'plain' | 'sasl' | 'tls', string>;
  /** Holds `cert.pem` and `key.pem`. */
  folder: string;
  kafka: Kafka;
  admin: Admin;
}

type Source = { from: 'docker' | 'maven' } | { from: 'nowhere'; why: string };

/**
 * Where brokers come from on this machine: Maven Central's artifacts run by Java, else containers where the tests may use
 * an engine, else nowhere.
 */
export async function findKafka(): Promise<Source> {
  const why = await whyNoJars(KAFKA_VERSIONS);
  if (why === undefined) return { from: 'maven' };
  const engine = process.env[ENGINE_VARIABLE] ?? '';
  if (engine === '') return { from: 'nowhere', why };
  process.env.DOCKER_HOST = engine; // testcontainers looks there
  return { from: 'docker' };
}

export async function startKafka(version: string, { from }: Source): Promise<KafkaFixture> {
  repairKafkajs();
  const folder = mkdtempSync(join(tmpdir(), 'bw-kafka-'));
  const ports = await kafkaPorts();
  const brokers = { plain: '', sasl: '', tls: '' };
  for (const name of ['plain', 'sasl', 'tls'] as const) brokers[name] = `127.0.0.1:${ports[name]}`;
  const kafka = new Kafka({
    clientId: 'test',
    brokers: [brokers.plain],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
  });
  writeCertificates(folder);
  const node =
    from === 'docker'
      ? await fromImage(version, folder, ports)
      : await fromArtifacts(version, folder, ports, brokers.plain);
  const admin = kafka.admin();
  await admin.connect();
  return {
    version,
    brokers,
    folder,
    kafka,
    admin,
    ...node,
    stop: async () => {
      await admin.disconnect();
      await node.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Small and quickly up: nothing here runs long enough for the second compiler. */
const JAVA_OPTIONS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

async function fromArtifacts(version: string, folder: string, ports: KafkaPorts, address: string): Promise<Node> {
  const jars = await kafkaJars(version);
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, kafkaProperties(folder, '127.0.0.1', ports));
  const java = [...JAVA_OPTIONS, '-cp', `${jars}/*`];
  execFileSync('java', [...java, 'kafka.tools.StorageTool', ...formatArguments(folder)], { stdio: 'pipe' });
  const [command = 'java', ...args] = dyingWithUs(['java', ...java, 'kafka.Kafka', properties]);
  const output = { to: 'file', path: join(folder, 'output.log') } as const;
  const node = new SupervisedProcess(
    {
      name: `kafka ${version}`,
      launch: async () => ({ command, args, env: process.env, output }),
      probe: () => answers(address),
    },
    { say: () => {}, onChange: () => {} },
  );
  const start = async (): Promise<void> => {
    node.start();
    await node.waitReady();
  };
  await start();
  return { start, kill: () => node.kill('SIGKILL', { stay_down: true }), stop: () => node.stop() };
}

/** @throws while it is not up */
async function answers(address: string): Promise<void> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function fromImage(version: string, folder: string, ports: KafkaPorts): Promise<Node> {
  const inside = '/tmp/kafka';
  const bin = '/opt/kafka/bin';
  const format = [`${bin}/kafka-storage.sh`, ...formatArguments(inside)].map((word) => `'${word}'`).join(' ');
  const files = ['keystore.pem', 'cert.pem'].map((name) => ({
    content: readFileSync(join(folder, name)),
    target: `${inside}/${name}`,
  }));
  const started = await new GenericContainer(`apache/kafka:${version}`)
    .withCopyContentToContainer([
      ...files,
      { content: kafkaProperties(inside, '0.0.0.0', ports), target: `${inside}/server.properties` },
    ])
    .withEnvironment({ KAFKA_HEAP_OPTS: JAVA_OPTIONS.join(' ') })
    .withExposedPorts(...[ports.plain, ports.sasl, ports.tls].map((port) => ({ container: port, host: port })))
    .withCommand(['sh', '-c', `${format} && exec ${bin}/kafka-server-start.sh ${inside}/server.properties`])
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .start();
  return {
    kill: async () => {
      await started.stop({ remove: false, timeout: 0 });
    },
    start: () => started.restart(),
    stop: async () => {
      await started.stop();
    },
  };
}
