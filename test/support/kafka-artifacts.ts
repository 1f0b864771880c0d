import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@benchwire/deploy/local/run-command.ts';
import { cacheFolder } from './cache.ts';

const CACHE = cacheFolder('kafka');

/** What a broker needs on its class path, from Maven Central (46 MB); downloaded once. @throws Error after three tries */
export async function kafkaJars(version: string): Promise<string> {
  const folder = join(CACHE, version);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, `${version}-`));
  try {
    writeFileSync(join(work, 'pom.xml'), pom(version));
    await download(version, work);
    // All of it or nothing, no matter who else does the same at this moment.
    renameSync(join(work, 'jars'), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

async function download(version: string, work: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'jars')}`];
  let said = '';
  for (let attempt = 0; attempt < 3; attempt++) {
    const { code, stdout } = await runCommand('mvn', ['-B', '-q', '-ntp', '-f', join(work, 'pom.xml'), ...goal]);
    if (code === 0) return;
    said = stdout.slice(-2000);
  }
  throw new Error(`Maven could not get Kafka ${version}:\n${said}`);
}

const pom = (version: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>benchwire</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`;

/** Why no broker can be started from the artifacts here; undefined when one can. */
export async function whyNoJars(versions: readonly string[]): Promise<string | undefined> {
  const java = await whyNoJava();
  if (java !== undefined || versions.every((version) => existsSync(join(CACHE, version)))) return java;
  return await whyNoMaven();
}

/** Kafka 4 wants Java 17. */
export async function whyNoJava(): Promise<string | undefined> {
  const { code, stdout } = await runCommand('java', ['--version']);
  const major = Number(/^\S+ (\d+)/.exec(stdout)?.[1]);
  return code === 0 && major >= 17 ? undefined : 'Java 17 or newer is not installed';
}

export async function whyNoMaven(): Promise<string | undefined> {
  return (await runCommand('mvn', ['--version'])).code === 0 ? undefined : 'Maven is not installed';
}
