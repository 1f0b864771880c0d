/**
 * What single words of a metric's name say about which way is better. Words are looked up whole, never as parts of others
 * (`uptime` is no `time`).
 */

/** Says how well something does its work: `accuracy`, `bleu`. Decides against `score` and `rate`, which only go along. */
export const QUALITY: Readonly<Record<string, 'higher' | 'lower'>> = words({
  higher:
    'accuracy acc precision recall f1 f2 fbeta bleu sacrebleu rouge rouge1 rouge2 rougel rougelsum meteor chrf auc auroc ' +
    'auprc aucpr map50 iou miou giou dice jaccard ndcg mrr psnr ssim msssim r2 mcc kappa cider comet bertscore mos pesq ' +
    'stoi sisdr sdr snr tpr tnr specificity sensitivity mfu similarity mmlu gsm8k hellaswag humaneval',
  lower:
    'loss wer cer ter eer der mer wil perplexity ppl rmse mse mae mape smape rmsle msle nll bpb bpc fid kid ' +
    'lpips brier ece divergence crossentropy fpr fnr hallucination hallucinations toxicity regret chamfer epe',
});

/** A quantity that is good or bad by itself; of two that disagree nobody knows. */
export const QUANTITY: Readonly<Record<string, 'higher' | 'lower'>> = words({
  higher:
    'throughput goodput bandwidth fps qps rps tps ips iops flops gflops tflops mflops pflops tops speedup efficiency ' +
    'availability reward winrate speed mips',
  lower:
    'latency latencies delay duration elapsed ttft tpot itl tbt ttlt tts ttfb ttfa e2el rtf rtt jitter overhead lag stall ' +
    'stalls wait waiting blocked runtime walltime wallclock cputime makespan slowdown downtime cost price backlog fcp lcp ' +
    'cls tti inp time durations',
});

/** What went wrong. `per second` of it is a rate that should be low. */
export const BAD: ReadonlySet<string> = set(
  'error errors err errs fail fails failed failure failures miss misses missed drop drops dropped timeout timeouts rejected ' +
    'rejections retry retries retransmits retransmissions crash crashes fault faults violation violations lost evictions ' +
    'preemptions throttled throttling deadlocks leaks leaked stale corrupt corrupted false incorrect wrong regressions ' +
    'allocs allocations gc cancelled aborted mismatch mismatches outliers garbage flaky',
);
export const GOOD: ReadonlySet<string> = set(
  'hit hits success successes successful succeeded pass passed passing correct completed win wins solved ok true acceptance ' +
    'accepted',
);

/** Something that is used up: less is better, unless another quantity follows (`memory_bandwidth`, `power_efficiency`). */
export const RESOURCE: ReadonlySet<string> = set(
  'memory mem rss vram ram heap footprint power energy watt watts watthours joule joules temperature temp celsius wattage ' +
    'consumption storage vmem pss uss',
);

/** Words that go along with any other, and count only where there is none. */
export const GENERAL: Readonly<Record<string, 'higher' | 'lower'>> = words({
  higher: 'score performance perf gain improvement quality',
  lower: 'degradation penalty',
});

/** Turns around what the others say, or may: two readings. */
export const TURNING: ReadonlySet<string> = set(
  'reduction saving savings saved improvement gain delta change diff difference inverse inv negative neg minus ' +
    'budget limit target threshold requested offered expected scheduled goal slo headroom remaining left free ' +
    'available bound tolerance utilization utilisation util occupancy',
);

/** A setting, a counter or a time of day: where a name ends so and says nothing else, neither way is better. */
export const NEITHER: ReadonlySet<string> = set(
  'timestamp timestamps datetime epoch epochs step seed version vus index id port pid rank threads nthreads ' +
    'concurrency parallelism lr',
);

/** How much something scatters: low is good where the thing itself should be low; of others nobody knows. */
export const SPREAD: ReadonlySet<string> = set('std stddev stdev stdv sd variance var iqr mad deviation');

function set(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

function words(lists: { higher: string; lower: string }): Readonly<Record<string, 'higher' | 'lower'>> {
  const all = Object.entries(lists) as Array<['higher' | 'lower', string]>;
  return Object.fromEntries(all.flatMap(([direction, list]) => list.split(' ').map((word) => [word, direction])));
}
