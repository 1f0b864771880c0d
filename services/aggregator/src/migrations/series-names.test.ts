import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import type { Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { seriesId } from '@benchwire/shared/contracts/series.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asked } from '../../test-support/asked.ts';
import { silent, testDatabase } from '../../test-support/database.ts';
import { someOutcome } from '../../test-support/messages.ts';
import type { Database } from '../adapters/database.ts';
import { outcomeRows } from '../decide/outcome-rows.ts';
import { streamOrder } from '../decide/versions.ts';
import { attempts, findEarlierSeries } from '../tables/attempts.ts';
import { requests } from '../tables/requests.ts';
import { findPoints, findSeries, results } from '../tables/results.ts';
import { insertRows } from '../tables/table.ts';
import { joinModelPaths, joinWritten, joinWrittenDefaults } from './series-names.ts';

let database: Database;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ database, stop } = await testDatabase());
});
afterAll(() => stop());

let order = 0;

/** A result of an ONNX model as it was stored, under the variant and the model's name that were written then. */
async function store(model: string, variant: string, config: object, sha256 = 'ab'): Promise<string> {
  const run_id = newRunId();
  const outcome = someOutcome({
    ...{ run_id, model, variant, executor: 'onnx', precision: 'fp32', scenario: 'single_stream' },
    environment: { model_sha256: sha256 },
    results: { batch_sizes: { 2: BATCH } },
  });
  const rows = outcomeRows(outcome, streamOrder({ stored_at: new Date(), sequence: ++order }));
  const written = { name: 'bench', tasks: [{ task_id: 'a', config: { model, batch_sizes: [2], ...config } }] };
  await insertRows(database, results, rows.results);
  await insertRows(database, attempts, [rows.attempt]);
  await insertRows(database, requests, [{ run_id, request: JSON.stringify(written), reason: '', version: 1 }]);
  return run_id;
}

const BATCH = {
  ...{ latency_ms: 5, latency_ci_low_ms: null, latency_ci_high_ms: null, latency_mean_ms: 5, latency_min_ms: 5 },
  ...{ latency_max_ms: 5, latency_stddev_ms: 0, throughput_items_per_second: 400, samples: 3, measured_seconds: 1 },
  ...{ steady: true, outliers: { mild: 0, severe: 0 }, memory_mb: null },
} satisfies NonNullable<Outcome['results']['batch_sizes']>[string];

const latencies = async (model: string): Promise<string[]> =>
  (await findSeries(database, asked('series', { search: model })))
    .filter((row) => row.model === model && row.metric === 'latency_ms')
    .map(({ variant, points }) => `${variant} ${points}`)
    .sort();

it('histories that a default of the catalogue had cut, written out, become one; other settings keep theirs', async () => {
  await store('silero-vad-v6', '', {});
  await store('silero-vad-v6', '0dd0dd00', { dimensions: { samples: 512 } });
  await store('silero-vad-v6', '0dd0dd01', { inputs: { sr: 16_000 }, dimensions: { samples: 512 } });
  const other = await store('silero-vad-v6', 'c0ffee00', { dimensions: { samples: 256 } });
  for (let times = 0; times < 2; times++) {
    await joinWrittenDefaults(database, silent);
    const found = await latencies('silero-vad-v6');
    expect(found).toHaveLength(2);
    expect(found[0]).toBe(' 3');
    expect(found[1]).toMatch(/^[0-9a-f]{8} 1$/);
  }
  const rows = await findEarlierSeries(
    database,
    asked('earlier_series', { run_id: other, benchmarks: ['bench'], task_ids: ['a'] }),
  );
  expect(rows.filter(({ model }) => model === 'silero-vad-v6').map((row) => [row.variant, row.attempts])).toEqual([
    ['', 3],
  ]);
});

it('an absolute path and the name of the same file become one history; another file keeps its own', async () => {
  const name = "models/it's \\ mine.onnx";
  await store(`/home/me/${name}`, 'aaaa0000', {}, 'f1');
  await store(`/home/me/${name}`, '', {}, 'f1');
  await store(`/home/you/${name}`, '', {}, 'f2');
  await store('/home/me/other.onnx', '', {}, 'f1');
  await joinModelPaths(database, silent);
  expect(await latencies(`/home/me/${name}`)).toEqual([' 1', 'aaaa0000 1']);
  await store(name, '', {}, 'f1');
  for (let times = 0; times < 2; times++) {
    await joinModelPaths(database, silent);
    expect(await latencies(name)).toEqual([' 2', 'aaaa0000 1']);
    expect(await latencies(`/home/me/${name}`)).toEqual([]);
    expect(await latencies(`/home/you/${name}`)).toEqual([' 1']);
    expect(await latencies('/home/me/other.onnx')).toEqual([' 1']);
  }
  const [series] = (await findSeries(database, asked('series', { search: name }))).filter(
    (row) => row.model === name && row.variant === '' && row.metric === 'latency_ms',
  );
  const key = { ...series, batch_size: 2, unit_family: undefined } as unknown as Parameters<typeof seriesId>[0];
  expect(seriesId(key)).toBe(series?.series_id);
  expect(await findPoints(database, asked('points', { series_id: series?.series_id ?? '' }))).toHaveLength(2);
});

it('the history of another way to write the same sizes becomes one with that of the outcome that shows it', async () => {
  const model = 'own/sizes.onnx';
  await store(model, 'dddd0000', {});
  await store(model, '5555aaaa', {});
  await store(model, '5555aaaa', {});
  await store(model, 'eeee0000', {});
  const written = {
    ...{ benchmark: 'bench', model, executor: 'onnx', precision: 'fp32', scenario: 'single_stream' },
    ...{ fingerprint: someOutcome({}).fingerprint, variant: 'dddd0000', variant_as_written: '5555aaaa' },
  };
  for (let times = 0; times < 2; times++) {
    await joinWritten(database, written);
    expect(await latencies(model)).toEqual(['dddd0000 3', 'eeee0000 1']);
  }
  await joinWritten(database, { ...written, fingerprint: 'another', variant_as_written: 'eeee0000' });
  expect(await latencies(model)).toEqual(['dddd0000 3', 'eeee0000 1']);
});
