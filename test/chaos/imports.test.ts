import type { ServiceHandle } from '@benchwire/deploy/local/service-launcher.ts';
import type { LocalStack } from '@benchwire/deploy/local/stack.ts';
import { queryReply, querySubject } from '@benchwire/shared/contracts/query.ts';
import { importRequests } from '@benchwire/shared/import/import-requests.ts';
import { readImportFile } from '@benchwire/shared/import/read-file.ts';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StackFixture } from '../support/stack-fixture.ts';

/** Imported results are measurements that cannot be had again: none may be lost or doubled, whatever dies on the way. */
const FILES = 12;
const BENCHMARKS = 60;
let fixture: StackFixture;
let stack: LocalStack;
let nats: NatsConnection;

beforeAll(async () => {
  fixture = await StackFixture.start({ services: { scheduler: 2, worker: 1 }, env: { LOG_LEVEL: 'warn' } });
  ({ stack, nats } = fixture);
});

afterAll(async () => {
  await fixture?.stop();
});

/** A file of a commit. Two values of each benchmark, and one of them in every file is no number. */
function requestsOf(commit: number): ReturnType<typeof importRequests> {
  const results = Array.from({ length: BENCHMARKS }, (_, at) => ({
    command: `command ${at}`,
    times: [1 + at + commit / 1000, 1 + at, at === 0 ? null : 1 + at],
  }));
  const file = readImportFile({
    file: 'hyperfine.json',
    bytes: new TextEncoder().encode(JSON.stringify({ results })),
    format: 'auto',
  });
  return importRequests(file, { device: 'lab-1', source: { commit: `commit-${commit}`, branch: 'main' } });
}

/** As a client does it that is not put off: again until it is told that the run is stored. */
async function submitAll(from: number, to: number): Promise<Map<string, boolean>> {
  const runs = new Map<string, boolean>();
  for (let commit = from; commit < to; commit++) {
    for (const request of requestsOf(commit)) {
      const submitted = await vi.waitFor(() => fixture.client.submit(request), { timeout: 60_000, interval: 200 });
      runs.set(submitted.run_id, submitted.duplicate);
    }
  }
  return runs;
}

async function sql(statement: string): Promise<Array<Record<string, unknown>>> {
  const answer = await nats.request(querySubject('sql'), JSON.stringify({ sql: statement }), { timeout: 10_000 });
  const reply = queryReply.parse(answer.json());
  if (!reply.ok) throw new Error(JSON.stringify(reply.issues));
  return reply.rows;
}

async function leader(): Promise<ServiceHandle> {
  return await vi.waitFor(
    async () => {
      for (const service of stack.services.filter((each) => each.kind === 'scheduler')) {
        const text = await (await fetch(`${service.http_url}/metrics`)).text();
        if (/benchwire_scheduler_leader\{[^}]*\} 1/.test(text)) return service;
      }
      throw new Error('no scheduler leads');
    },
    { timeout: 60_000, interval: 200 },
  );
}

const serviceOf = (kind: ServiceHandle['kind']): ServiceHandle => {
  const found = stack.services.find((service) => service.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};

async function expectStored(files: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const [points] = await sql(
        `SELECT count() AS points, uniqExact(series_id) AS series, uniqExact(run_id) AS runs,
           groupUniqArray(concat(executor, ' ', pool)) AS places FROM results FINAL`,
      );
      expect(points).toEqual({
        ...{ points: files * BENCHMARKS, series: BENCHMARKS, runs: files },
        places: ['imported imported-lab-1'],
      });
      const runs = await sql("SELECT count() AS finished FROM runs FINAL WHERE state = 'finished'");
      expect(runs).toEqual([{ finished: files }]);
    },
    { timeout: 120_000, interval: 500 },
  );
}

describe('imported results are stored once', () => {
  it('when ingest, the leading scheduler and the aggregator are killed in the middle', async () => {
    const first = submitAll(0, FILES / 2);
    await (await leader()).kill('SIGKILL');
    await serviceOf('aggregator').kill('SIGKILL');
    expect((await first).size).toBe(FILES / 2);
    const second = submitAll(FILES / 2, FILES);
    await serviceOf('ingest').kill('SIGKILL');
    expect((await second).size).toBe(FILES / 2);
    await expectStored(FILES);
  });

  it('when they are imported again', async () => {
    const again = await submitAll(0, FILES);
    expect([...again.values()]).toEqual(Array(FILES).fill(true));
    // What would come of them comes before this one.
    await submitAll(FILES, FILES + 1);
    await expectStored(FILES + 1);
  });

  it('and nothing asks a worker to measure them again', async () => {
    const runs = await sql("SELECT count() AS runs FROM runs FINAL WHERE name NOT LIKE 'hyperfine%'");
    expect(runs).toEqual([{ runs: 0 }]);
  });
});
