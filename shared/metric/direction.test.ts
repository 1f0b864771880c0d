import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Better } from './better.ts';
import { betterOf } from './direction.ts';

/** One line a group: the direction, then names, a unit behind `|` where one was printed. */
const TABLE: ReadonlyArray<[about: string, better: Better, names: string]> = [
  [
    'AIPerf',
    'lower',
    'time_to_first_token|ms, ttft, TTFT|ms, tpot, itl, inter_token_latency|ms, request_latency, mean_ttft_ms, p99_itl_ms, median_e2el_ms, time_per_output_token, timeToFirstToken, time_to_second_token, inter_chunk_latency',
  ],
  [
    'AIPerf',
    'higher',
    'output_token_throughput|tokens/s, output_token_throughput_per_user, request_throughput, goodput, total_token_throughput, good_request_count',
  ],
  [
    'AIPerf',
    'neither',
    'input_sequence_length, output_sequence_length, concurrency, output_token_count, benchmark_duration',
  ],
  ['llama-bench', 'higher', 'avg_ts, t/s, pp512, tg128, pp512+tg128, tok/s, pp512 @ d4096, samples_ts'],
  ['llama-bench', 'lower', 'avg_ns, load time|ms, prompt eval time'],
  ['llama-bench', 'neither', 'n_prompt, n_gen, n_batch'],
  [
    'MLPerf',
    'higher',
    'Samples per second, Queries per second, Completed samples per second, result_samples_per_second, Tokens per second',
  ],
  ['MLPerf', 'lower', '90.00 percentile latency (ns), Mean latency (ns), time_to_train|min'],
  ['MLPerf', 'neither', 'Scheduled samples per second, target_qps'],
  [
    'k6',
    'lower',
    'http_req_duration, http_req_failed|%, http_req_blocked, http_req_waiting|ms, iteration_duration, dropped_iterations, avg_http_req_duration, http_req_duration_p95',
  ],
  ['k6', 'higher', 'http_reqs|/s, iterations, checks|%'],
  ['k6', 'neither', 'vus, vus_max, data_sent'],
  [
    'errors',
    'lower',
    'wer|%, cer, perplexity, ppl, loss, val_loss, rmse, mae, mse, fid, fid_score, lpips, word_error_rate, nll, cross_entropy, brier_score, false_positive_rate, bits_per_byte, top1_error, packet_loss',
  ],
  [
    'accuracy',
    'higher',
    'mAP, mAP@0.5:0.95, map50, AP50, accuracy, top1, top5_accuracy, f1, F1-score, bleu, sacreBLEU, rouge, rougeL, auc, AUROC, psnr|dB, ssim, mIoU, recall@10, pass@1, exact_match, mrr, ndcg, r2, bertScore, iou',
  ],
  [
    'rates',
    'higher',
    'fps, throughput, img/s, rps, qps, requests_per_second, bytes_per_second, MB/s, tokensPerSecond, Requests/sec, ops/s, goodput_rps, network_bandwidth|Gbps, tflops',
  ],
  [
    'times',
    'lower',
    'latency, step_time, time_per_request, load_ms, wall_time, elapsed, duration, build_seconds, seconds, seconds_per_step, response_time, startup_time|s, cold_start|ms, ns/op, first_byte|ms, compile|s',
  ],
  [
    'resources',
    'lower',
    'memory_mb, peak_memory|MiB, rss, vram_gb, power_watts, gpu_power|W, energy_joules, joules_per_token, energy|J, temperature_celsius, memory_per_token',
  ],
  [
    'what goes right and wrong',
    'lower',
    'error_rate, errors, failures, failed_share, cache_miss_rate, timeouts, retries, drop_rate|/s, errors_per_second, cost_per_hour, allocs/op',
  ],
  ['what goes right and wrong', 'higher', 'cache_hit_rate, success_rate, pass_rate, availability'],
  [
    'one quantity for another',
    'higher',
    'tokens_per_joule, images_per_watt, tokens_per_dollar, power_efficiency, memory_bandwidth, energy_efficiency',
  ],
  ['settings', 'neither', 'timestamp, step, seed, learning_rate, start_time, threads'],
  [
    'two readings',
    'unknown',
    'latency_throughput, accuracy_loss, uptime, uptime|s, latency_score, throughput|ms, latency|tok/s, hit_miss_ratio, latency_reduction, gpu_utilization|%, free_memory|MB, accuracy_time, error_budget, throughput_stddev, score_delta, ttft|tok/s',
  ],
  [
    'nothing is known',
    'unknown',
    'noop_value, foo, x|%, index_b|points, size|MB, tokens_per_request, batch_size, blob, zeit',
  ],
  ['units decide where names do not', 'lower', 'foo|ms, decode|s, prefill|us, bar|ms/token, stage_b|min'],
  [
    'units decide where names do not',
    'higher',
    'foo|x/s, decode|tok/s, prefill|tokens/min, copy|GB/s, gemm|GFLOPS, frame_rate|fps',
  ],
];

describe('which way is better', () => {
  const cases = TABLE.flatMap(([about, better, names]) =>
    names.split(', ').map((name): [string, string, string, Better] => {
      const [metric = '', unit = ''] = name.split('|');
      return [about, metric, unit, better];
    }),
  );
  it.each(cases)('%s: %s %s: %s', (_, metric, unit, better) => {
    expect(betterOf({ metric, unit })).toBe(better);
  });

  it('is what was said, before everything else', () => {
    expect(betterOf({ metric: 'latency', unit: 'ms', better: 'higher' })).toBe('higher');
    expect(betterOf({ metric: 'latency', unit: 'ms', better: 'neither' })).toBe('neither');
    expect(betterOf({ metric: 'latency', unit: 'ms', better: '' })).toBe('lower');
  });

  it('does not depend on how the words are joined', () => {
    for (const name of ['time to first token', 'cache hit rate', 'requests per second', 'word error rate']) {
      const camel = name.replace(/ (.)/g, (_, letter: string) => letter.toUpperCase());
      const all = [name, name.replaceAll(' ', '_'), name.replaceAll(' ', '-'), camel, name.toUpperCase()];
      expect(new Set(all.map((metric) => betterOf({ metric }))).size).toBe(1);
    }
  });

  it('is told for any name, in little time', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (metric, unit) => void betterOf({ metric, unit })));
    const started = performance.now();
    betterOf({ metric: 'per_'.repeat(50_000), unit: 'a/'.repeat(50_000) });
    expect(performance.now() - started).toBeLessThan(200);
  });
});
