import { EVENTS, FINDINGS, METRICS, OUTCOMES, REJECTED } from '@benchwire/shared/contracts/streams.ts';
import type { Sink } from '../sink.ts';
import type { ClickHouseContext } from './context.ts';
import { consumeEvents } from './events.ts';
import { consumeFindings } from './findings.ts';
import { consumeMetrics } from './metrics.ts';
import { consumeOutcomes } from './outcomes.ts';
import { consumeRejected } from './rejected.ts';

/** Every stream but RUNS, into the tables. */
export function clickHouseSink(parts: Pick<ClickHouseContext, 'database' | 'counters'>): Sink {
  return {
    name: 'clickhouse',
    durable: 'aggregator',
    consumers: {
      [OUTCOMES.name]: (context) => consumeOutcomes({ ...context, ...parts }),
      [EVENTS.name]: (context) => consumeEvents({ ...context, ...parts }),
      [METRICS.name]: (context) => consumeMetrics({ ...context, ...parts }),
      [FINDINGS.name]: (context) => consumeFindings({ ...context, ...parts }),
      [REJECTED.name]: (context) => consumeRejected({ ...context, ...parts }),
    },
  };
}
