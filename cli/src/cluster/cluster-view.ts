import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import { count, formatAgo, formatBytes, formatDuration, formatNumber } from '../terminal/numbers.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import type { Cluster, StreamState } from './read-cluster.ts';
import { topology } from './topology.ts';

/** The whole picture as lines. */
export function clusterView(cluster: Cluster, now_ms: number, style: Style, width: number | undefined): string[] {
  const table = { style, width };
  const title = (text: string): string[] => ['', style.bold(text)];
  const services = renderTable(cluster.services, serviceColumns(now_ms), table);
  const streams = renderTable(cluster.streams.flatMap(linesOf), streamColumns(now_ms), table);
  const none = 'no service responds: start them with `npm start`';
  return [
    ...jetstreamLines(cluster, style),
    ...topology(cluster),
    ...title('leader'),
    leaderLine(cluster, now_ms, style),
    ...title('services'),
    ...(cluster.services.length === 0 ? [style.red(none)] : services),
    ...(cluster.problems.length === 0 ? [] : title('problems')),
    ...cluster.problems.map((problem) => style.red(problem)),
    ...title('servers, as the services see them'),
    ...seenServers(cluster, style),
    ...title('streams'),
    ...streams,
  ];
}

function jetstreamLines({ jetstream_problem, services }: Cluster, style: Style): string[] {
  if (jetstream_problem === null) return [];
  const full = services.some((each) => each.checks.disk?.startsWith('disk full'));
  const what = full
    ? 'a disk is full, see below: it goes on when there is room.'
    : 'is the disk of its folder full? `npm start` says so, and starts it again when there is room.';
  return [style.red(`${jetstream_problem}: ${what}`), ''];
}

function leaderLine({ leader, scheduler, services, jetstream_problem }: Cluster, now_ms: number, style: Style): string {
  if (jetstream_problem !== null) return style.yellow('unknown while JetStream does not answer');
  if (leader === null) return style.red('no leader: no task starts until a scheduler takes over');
  const seconds = Math.round((now_ms - Date.parse(leader.acquired_at)) / 1000);
  const who = leader.instance === null ? style.yellow('the leader does not respond') : leader.instance;
  const wrong = services.find((each) => each.instance_id === leader.instance)?.checks.leading;
  if (typeof wrong === 'string') return style.red(`${leader.holder} (${who}) does not lead: ${wrong}`);
  const leads = `${leader.holder} (${who}) has led for ${formatDuration(seconds)}`;
  if (scheduler === null) return leads;
  const waiting = scheduler.waiting === 0 ? 'no waiting tasks' : `${count(scheduler.waiting, 'task')} wait`;
  return `${leads}: ${count(scheduler.open_runs, 'open run')}, ${waiting}`;
}

function serviceColumns(now_ms: number): ReadonlyArray<Column<ServiceHealth>> {
  const lag = (each: ServiceHealth): string => {
    if (each.consumers.length === 0) return '';
    const known = each.consumers.map((consumer) => consumer.pending);
    return known.includes(null) ? 'unknown' : formatNumber(known.reduce<number>((sum, n) => sum + (n ?? 0), 0));
  };
  return [
    { title: 'service', cell: (each) => each.service },
    { title: 'role', cell: (each) => each.role ?? '', shrink_to: 10 },
    {
      title: 'state',
      cell: (each) => (each.ready ? 'ready' : 'not ready'),
      paint: (text, each, s) => (each.ready ? s.green(text) : s.red(text)),
    },
    { title: 'host', cell: (each) => each.host, expendable: 3, shrink_to: 10 },
    { title: 'pid', cell: (each) => String(each.pid), align: 'right', expendable: 2 },
    {
      title: 'up',
      cell: (each) => formatDuration(Math.round((now_ms - Date.parse(each.started_at)) / 1000)),
      align: 'right',
      expendable: 1,
    },
    { title: 'cpu %', cell: (each) => formatNumber(each.cpu_percent, 1), align: 'right' },
    { title: 'memory MB', cell: (each) => formatNumber(each.memory_rss_mb), align: 'right' },
    { title: 'late ms', cell: (each) => formatNumber(each.event_loop_delay_ms, 1), align: 'right', expendable: 5 },
    {
      title: 'disk free GB',
      cell: (each) => (each.disk_free_mb === null ? '' : formatNumber(each.disk_free_mb / 1000, 1)),
      align: 'right',
      expendable: 4,
    },
    { title: 'lag', cell: lag, align: 'right' },
    { title: 'version', cell: (each) => each.version, expendable: 6 },
  ];
}

/** Each server with who looks at it, and who of them has lost it. */
function seenServers({ services, nats }: Cluster, style: Style): string[] {
  const line = (title: string, check: string): string[] => {
    const seers = services.filter((each) => check in each.checks);
    if (seers.length === 0) return [];
    const lost = seers.filter((each) => each.checks[check] !== null);
    const seen = `${title.padEnd(12)}${count(seers.length - lost.length, 'service')} of ${seers.length} can work with it`;
    return [lost.length === 0 ? style.green(seen) : style.red(`${seen}; not ${lost.map(nameOf).join(', ')}`)];
  };
  return [...line(`NATS ${nats.version}`, 'nats'), ...line('Redis', 'redis'), ...line('ClickHouse', 'clickhouse')];
}

const nameOf = (each: ServiceHealth): string => `${each.service} ${each.role ?? each.instance_id}`;

interface StreamLine {
  state: StreamState;
  consumer: StreamState['consumers'][number] | undefined;
  /** The stream's own columns are written once. */
  first: boolean;
}

function linesOf(state: StreamState): StreamLine[] {
  if (state.consumers.length === 0) return [{ state, consumer: undefined, first: true }];
  return state.consumers.map((consumer, index) => ({ state, consumer, first: index === 0 }));
}

function streamColumns(now_ms: number): ReadonlyArray<Column<StreamLine>> {
  const own = (text: (state: StreamState) => string) => (line: StreamLine) => (line.first ? text(line.state) : '');
  const of = (number: (consumer: StreamState['consumers'][number]) => number) => (line: StreamLine) =>
    line.consumer === undefined ? '' : formatNumber(number(line.consumer));
  const ago = (at: string | null): string => (at === null ? '' : formatAgo(Date.parse(at), now_ms));
  return [
    { title: 'stream', cell: own((state) => state.stream) },
    { title: 'messages', cell: own((state) => formatNumber(state.messages)), align: 'right' },
    { title: 'size', cell: own((state) => formatBytes(state.bytes)), align: 'right' },
    { title: 'first', cell: own((state) => ago(state.first_at)), align: 'right', expendable: 2 },
    { title: 'last', cell: own((state) => ago(state.last_at)), align: 'right', expendable: 1 },
    { title: 'copies', cell: own((state) => String(state.replicas)), align: 'right', expendable: 4 },
    { title: 'read by', cell: (line) => line.consumer?.consumer ?? '', shrink_to: 10 },
    {
      title: 'pending',
      cell: of((consumer) => consumer.pending),
      align: 'right',
      paint: (text, line, s) => ((line.consumer?.pending ?? 0) > 0 ? s.yellow(text) : text),
    },
    { title: 'unacked', cell: of((consumer) => consumer.unacked), align: 'right' },
    { title: 'redelivered', cell: of((consumer) => consumer.redelivered), align: 'right', expendable: 3 },
  ];
}
