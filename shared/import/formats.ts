import type { ImportFormat } from './format.ts';
import { aiperf } from './formats/aiperf.ts';
import { asv } from './formats/asv.ts';
import { bencher } from './formats/bencher.ts';
import { benchmarkDotNet } from './formats/benchmark-dotnet.ts';
import { benchmarkJs } from './formats/benchmark-js.ts';
import { cargoBench } from './formats/cargo-bench.ts';
import { catch2 } from './formats/catch2.ts';
import { criterion } from './formats/criterion.ts';
import { csv } from './formats/csv.ts';
import { ctrf } from './formats/ctrf.ts';
import { custom, customBiggerIsBetter, customSmallerIsBetter } from './formats/custom.ts';
import { goBench } from './formats/go-bench.ts';
import { googleBenchmark } from './formats/google-benchmark.ts';
import { hyperfine } from './formats/hyperfine.ts';
import { jmh } from './formats/jmh.ts';
import { junit } from './formats/junit.ts';
import { k6 } from './formats/k6.ts';
import { llamaBench } from './formats/llama-bench.ts';
import { optimumBenchmark } from './formats/optimum-benchmark.ts';
import { pytestBenchmark } from './formats/pytest-benchmark.ts';
import { tinybench } from './formats/tinybench.ts';
import { vitestBench } from './formats/vitest-bench.ts';

/** Every format, in the order in which they are tried: those that say what they are before those that could be several things. */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  ...[pytestBenchmark, hyperfine, googleBenchmark, jmh, benchmarkDotNet, vitestBench, asv],
  ...[criterion, cargoBench, goBench, catch2, junit, ctrf, k6, llamaBench, optimumBenchmark, aiperf],
  ...[benchmarkJs, tinybench, custom, customSmallerIsBetter, customBiggerIsBetter, bencher, csv],
];

export const IMPORT_FORMAT_NAMES: readonly string[] = IMPORT_FORMATS.map(({ name }) => name);
