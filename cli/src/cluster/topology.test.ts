import { describe, expect, it } from 'vitest';
import type { Cluster } from './read-cluster.ts';
import { topology } from './topology.ts';

function cluster(services: string[], streams: Record<string, [messages: number, behind: number]>): Cluster {
  return {
    services: services.map((service) => ({ service })),
    streams: Object.entries(streams).map(([stream, [messages, pending]]) => ({
      stream,
      messages,
      consumers: [{ consumer: 'aggregator', pending }],
    })),
    scheduler: { pools: [{ emitted: 3 }, { emitted: 4 }] },
  } as unknown as Cluster;
}

describe('the topology', () => {
  it('is drawn with how many there are of each, and who is behind', () => {
    const services = ['ingest', 'scheduler', 'scheduler', 'worker', 'aggregator', 'anomaly'];
    const streams = { RUNS: [3, 0], OUTCOMES: [104, 12], METRICS: [1040, 0], EVENTS: [310, 0], FINDINGS: [2, 0] };
    expect(topology(cluster(services, streams as never))).toEqual([
      '  bw ──▶ ingest ×1 ──▶ RUNS 3 ──▶ scheduler ×2 ──▶ 2 queues, 7 jobs ──▶ worker ×1',
      '                                        ▲                                   │',
      '                                        └── OUTCOMES 104 (12 behind) ◀──────┤',
      '                                                       │                    │',
      '        anomaly ×1 ◀───────────────────────────────────┤   METRICS 1,040 ◀──┘',
      '             │                                         ▼           │',
      '             └─▶ FINDINGS 2 ─────────────────────▶ aggregator ×1 ◀─┘',
      '                                                    ▲  │',
      '  all ──▶ EVENTS 310 ───────────────────────────────┘  └─▶ ClickHouse',
    ]);
  });

  it('keeps its lines together whatever the numbers are', () => {
    const many = { RUNS: [123_456, 9], OUTCOMES: [12_345_678, 1_234_567], METRICS: [9e9, 5e8], FINDINGS: [99_999, 0] };
    for (const lines of [topology(cluster([], {})), topology(cluster(Array(20_000).fill('worker'), many as never))]) {
      const metrics = lines[4] ?? '';
      // The corner stands right below the line that comes down from the workers, or to the right of it.
      expect(metrics.indexOf('┘')).toBeGreaterThanOrEqual((lines[1] ?? '').lastIndexOf('│'));
      expect((lines[5] ?? '').lastIndexOf('│')).toBe((lines[6] ?? '').indexOf('┘'));
      expect((lines[4] ?? '').indexOf('┤')).toBe((lines[5] ?? '').indexOf('▼'));
    }
  });
});
