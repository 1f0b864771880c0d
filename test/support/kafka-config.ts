import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@benchwire/deploy/local/free-port.ts';

/** A login that the broker knows, on its listeners `sasl` (PLAIN) and `tls` (SCRAM). */
export const KAFKA_LOGIN = { username: 'bench', password: 'wire-secret' } as const;

export interface KafkaPorts {
  plain: number;
  /** SASL PLAIN without TLS. */
  sasl: number;
  /** SASL SCRAM over TLS; the client needs a certificate too. */
  tls: number;
  controller: number;
}

export async function kafkaPorts(): Promise<KafkaPorts> {
  return { plain: await freePort(), sasl: await freePort(), tls: await freePort(), controller: await freePort() };
}

/** Files of a broker and, `cert.pem` and `key.pem`, of its clients: one certificate that everybody trusts. */
export function writeCertificates(folder: string): void {
  const key = join(folder, 'key.pem');
  const cert = join(folder, 'cert.pem');
  const subject = ['-subj', '/CN=benchwire-test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', '-days', '2', ...curve, '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'pipe',
    },
  );
  writeFileSync(join(folder, 'keystore.pem'), readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
}

/** `server.properties` of a single node. `folder` holds its files, as the broker sees it. */
export function kafkaProperties(folder: string, host: string, { plain, sasl, tls, controller }: KafkaPorts): string {
  const jaas = 'org.apache.kafka.common.security';
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://${host}:${plain},SASL_PLAINTEXT://${host}:${sasl},SASL_SSL://${host}:${tls},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${plain},SASL_PLAINTEXT://127.0.0.1:${sasl},SASL_SSL://127.0.0.1:${tls}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${folder}/data
num.partitions=4
# A node that comes back is taken for a second one until the controller has missed the first for this long.
broker.heartbeat.interval.ms=250
broker.session.timeout.ms=1000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=${jaas}.plain.PlainLoginModule required user_${KAFKA_LOGIN.username}="${KAFKA_LOGIN.password}";
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=${jaas}.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${jaas}.scram.ScramLoginModule required;
listener.name.sasl_ssl.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location=${folder}/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=${folder}/cert.pem
`;
}

/** Arguments that format the node's storage, with the login for SCRAM. */
export function formatArguments(folder: string): string[] {
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${KAFKA_LOGIN.username},password=${KAFKA_LOGIN.password}]`,
  ]);
  const id = 'benchwire-test-cluster';
  return ['format', '--ignore-formatted', '--cluster-id', id, '--config', `${folder}/server.properties`, ...scram];
}
