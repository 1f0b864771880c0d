import type { Better } from './better.ts';

/**
 * Names of the field's tools that words and units alone do not tell, or tell wrongly. Compared in lower case with `_`
 * between the words, without a statistic around it (`avg_`, `_p99`). The first that fits counts.
 *
 * Sources: AIPerf and genai-perf (metrics reference), llama-bench (`-o json` columns and table names), MLPerf LoadGen
 * (`mlperf_log_summary.txt`), k6 (built-in metrics), pytest-benchmark, Lighthouse, COCO.
 */
export const CATALOGUE: ReadonlyArray<readonly [RegExp, Better]> = [
  // AIPerf, genai-perf, vLLM.
  [/^(time_to_)?(first|second|last)_(output_)?token(_time|_latency)?$/, 'lower'],
  [/^time_to_(first|second|last|next|train|accuracy|solution|convergence|result)(_.*)?$/, 'lower'],
  [/^(inter_(token|chunk)|request|end_to_end|e2e|response)_(latency|latencies|time)$/, 'lower'],
  [/^time_per_(output_)?token$/, 'lower'],
  [
    /^(output_|input_|prefill_|decode_|total_|request_)*(token_|tokens_|sequence_|request_)*throughput(_per_(user|gpu|device|chip|node))?$/,
    'higher',
  ],
  [/^(good|successful|completed)_request(s|_count)?$/, 'higher'],
  [/^(input|output|prompt|completion|total)_(sequence_length|token_count|tokens|length)$/, 'neither'],
  [/^(isl|osl)$/, 'neither'],
  [/^(benchmark|test|run)_duration$/, 'neither'],
  // llama-bench.
  [/^(avg|stddev|samples?)_ns$/, 'lower'],
  [/^(avg|samples?)_ts$/, 'higher'],
  [/^stddev_ts$/, 'unknown'],
  [/^((pp|tg|pg)\d+(_\d+)?)(_?(pp|tg)\d+)?(_?d\d+)?$/, 'higher'],
  [/^n_(prompt|gen|depth|batch|ubatch|threads|gpu_layers|params)$/, 'neither'],
  [/^t_s$/, 'higher'],
  // MLPerf LoadGen: what was asked for is a setting, what was done is a result.
  [/^(scheduled|target)_(samples|queries|tokens|qps)(_per_second)?$/, 'neither'],
  [/^(completed_)?(samples|queries|tokens|requests|images|frames|inferences)_per_(second|sec|s)$/, 'higher'],
  // k6.
  [/^http_reqs$/, 'higher'],
  [/^iterations$/, 'higher'],
  [/^checks(_rate)?$/, 'higher'],
  [/^(http|ws|grpc)_req_failed$/, 'lower'],
  [/^(http|grpc)_req_(duration|blocked|connecting|tls_handshaking|sending|waiting|receiving)$/, 'lower'],
  [/^(iteration|group|session|ws_session)_duration$/, 'lower'],
  [/^ws_(connecting|ping)$/, 'lower'],
  [/^dropped_iterations$/, 'lower'],
  [/^(data_(sent|received)|vus(_max)?|ws_msgs_(sent|received))$/, 'neither'],
  // pytest-benchmark, Go.
  [/^ops$/, 'higher'],
  [/^rounds$/, 'neither'],
  [/^(ns|b|allocs)_op$/, 'lower'],
  // Accuracy: names that are a word with another meaning too, so only alone.
  [/^m?_?ap(_?\d+)*(_(small|medium|large))?$/, 'higher'],
  [/^(coco_|bbox_|segm_|mask_|box_)m?_?ap(_?\d+)*$/, 'higher'],
  [/^(top_?\d+|em|exact_match|pass_(at_)?\d+|bits_?accuracy)(_accuracy|_acc)?$/, 'higher'],
  [/^top_?\d+_err(or)?(_rate)?$/, 'lower'],
  [/^(word|character|char|token|sentence|phoneme|phone|bit|diarization|equal|slot|match)_error_rate$/, 'lower'],
  [/^(false_(positive|negative)s?)(_rate)?$/, 'lower'],
  [/^(true_(positive|negative)s?)(_rate)?$/, 'higher'],
  [/^(real_time_factor|rtf)$/, 'lower'],
  [/^rtfx$/, 'higher'],
  [/^bits_per_(byte|character|char|token|dim)$/, 'lower'],
  [/^(negative_log_likelihood|cross_entropy|kl(_divergence)?|log_?loss)$/, 'lower'],
  [/^fr_?chet_inception_distance$/, 'lower'],
  [/^inception_score$/, 'higher'],
  // Settings that look like measurements.
  [/^(learning|sample|sampling|request|arrival|dropout)_rate$/, 'neither'],
  [/^(start|end|started|finished|created|begin)_(time|at)$/, 'neither'],
  [/^(batch|model|file|vocab|context|chunk|window|image|input|output|queue|block|hidden)_size$/, 'unknown'],
  [/^(system_|process_|host_)?up_?time$/, 'unknown'],
];
