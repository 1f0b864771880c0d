import { Counter, Gauge, type Registry } from 'prom-client';

export interface Metrics {
  deliveries: Counter<'receiver' | 'state'>;
  waiting: Gauge<'receiver'>;
  open_alerts: Gauge;
}

export function createMetrics(registry: Registry): Metrics {
  const registers = [registry];
  return {
    deliveries: new Counter({
      ...{ name: 'benchwire_notifications_total', help: 'Attempts to send a message, by how they ended', registers },
      labelNames: ['receiver', 'state'],
    }),
    waiting: new Gauge({
      ...{ name: 'benchwire_notifications_waiting', help: 'Messages that are still to be sent', registers },
      labelNames: ['receiver'],
    }),
    open_alerts: new Gauge({
      ...{ name: 'benchwire_alerts_open', help: 'Findings and faults of the fleet that are open', registers },
    }),
  };
}
