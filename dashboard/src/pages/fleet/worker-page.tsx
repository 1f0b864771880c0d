import { call } from '@benchwire/shared/client/http-client.ts';
import type { WorkerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { describeClock, isClockOff } from '@benchwire/shared/format/clock-words.ts';
import type { HardwareNames } from '@benchwire/shared/format/hardware-names.ts';
import type { ReactNode } from 'react';
import { useGet, usePages } from '../../api/use-api.ts';
import { formatMegabytes } from '../../format/numbers.ts';
import { EventTable } from '../../parts/event-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { useHardwareNames } from '../../parts/hardware-name.tsx';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { WorkerActions } from './worker-actions.tsx';
import { devicesOf, runningOn, slotsOf } from './worker-facts.ts';

/** One worker: how it is, what it offers, what happened to it. */
export default function WorkerPage({ worker_id }: { worker_id: string }): ReactNode {
  const worker = useGet(call('GET /api/workers/:id', { params: { id: worker_id } }), { every_ms: 2000 });
  const names = useHardwareNames();
  const events = usePages(call('GET /api/events', { query: { worker_id, limit: 100 } }), { every_ms: 10_000 });
  return (
    <Answer of={worker} height={300}>
      {(row) => (
        <>
          <PageHead title={names.worker(row.worker_id)} note={noteOf(row, names)}>
            <Status state={row.state} />
            <WorkerActions worker={row} />
          </PageHead>
          {row.reason !== '' && <p className="bw-note bw-first">{row.reason}</p>}
          <ClockNote worker={row} />
          <WorkerFacts worker={row} />
          <div className="bw-grid">
            {devicesOf(row).map((device) => (
              <DevicePanel key={device.device_id} device={device} />
            ))}
            <Panel title="Events">
              <Answer of={events}>
                {(rows) =>
                  rows.length === 0 ? (
                    <Empty title="No events yet" />
                  ) : (
                    <EventTable events={rows} without={['worker_id']} />
                  )
                }
              </Answer>
            </Panel>
          </div>
        </>
      )}
    </Answer>
  );
}

/** Its id where it has another name, its machine, and what somebody noted of it. */
function noteOf({ worker_id, hostname }: WorkerNow, names: HardwareNames): string {
  const id = names.worker(worker_id) === worker_id ? '' : worker_id;
  return [id, `on ${hostname}`, names.noteOf('worker', worker_id)].filter((part) => part !== '').join(' · ');
}

/** Where the clock of its machine is wrong: its times are corrected, but anyone who runs the machine should know. */
function ClockNote({ worker }: { worker: WorkerNow }): ReactNode {
  const clock = worker.heartbeat?.clock;
  if (clock === undefined || !isClockOff(clock)) return null;
  return (
    <p className="bw-note bw-first">
      The clock of this machine is {describeClock(clock)}. Times of its results are corrected.
    </p>
  );
}

function WorkerFacts({ worker }: { worker: WorkerNow }): ReactNode {
  const { heartbeat } = worker;
  const percent = heartbeat?.cpu_load_percent;
  const celsius = heartbeat?.temperature_celsius;
  return (
    <Facts
      facts={[
        { name: 'Running', value: runningOn(worker) ?? '–', unit: `of ${slotsOf(worker)} slots` },
        { name: 'CPU load', value: percent == null ? '–' : `${Math.round(percent)} %` },
        {
          name: 'Memory used',
          value: formatMegabytes(heartbeat?.memory_used_mb),
          unit: `of ${formatMegabytes(heartbeat?.memory_total_mb)}`,
        },
        { name: 'Temperature', value: celsius == null ? '–' : `${Math.round(celsius)} °C` },
      ]}
    />
  );
}

function DevicePanel({ device }: { device: Device }): ReactNode {
  const facts: [string, string][] = [
    ['Class', device.class],
    ['Pool', device.pool],
    ['Fingerprint', device.fingerprint],
    ['Memory', device.memory_gb === null ? 'not known' : `${device.memory_gb.toFixed(1)} GB`],
    ['Slots', String(device.slots)],
    ['Executors', device.executors.join(', ')],
    ['Programs', device.commands.join(', ') || 'none'],
    [
      'Labels',
      Object.entries(device.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ') || 'none',
    ],
    ...Object.entries(device.environment).map(([name, value]): [string, string] => [
      name,
      String(value ?? 'not known'),
    ]),
  ];
  return (
    <Panel title={`${device.device_id}: ${device.name}`} className="bw-device">
      <dl className="bw-pairs">
        {facts.map(([name, value]) => (
          <div key={name} className="bw-pair">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
