import type { ServiceHealth } from '@benchwire/shared/contracts/service.ts';
import type { ReactNode } from 'react';
import type { WorkerNow } from '../../api/types.ts';
import { layOut, type TopologyNode } from './topology-layout.ts';
import { devicesOf } from './worker-facts.ts';

const WIDTH = 600;
const ROW = 30;
const TOP = 26;
const BOX = { width: 164, height: 22 };
const X = [0, 218, 436];
const HEADS = ['services', 'pools', 'workers'];

/** The parts of the system and which feeds which. */
export function Topology({
  workers,
  services,
}: {
  workers: readonly WorkerNow[];
  services: readonly ServiceHealth[];
}): ReactNode {
  const { nodes, links, rows } = layOut(
    services.filter(({ service }) => service !== 'worker'),
    workers.map((worker) => ({ ...worker, devices: devicesOf(worker) })),
  );
  const places = new Map(nodes.map((node) => [node.id, node]));
  const height = TOP + rows * ROW;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${height}`}
      className="bw-topology"
      role="img"
      aria-label={`${nodes.length} parts: services, pools and workers`}
    >
      {HEADS.map((head, column) => (
        <text key={head} x={X[column]} y={12} className="bw-topology-head">
          {head}
        </text>
      ))}
      {links.map(({ from, to }) => (
        <Link key={`${from} ${to}`} from={places.get(from)} to={places.get(to)} />
      ))}
      {nodes.map((node) => (
        <g key={node.id} data-state={node.state} transform={`translate(${X[node.column]} ${top(node)})`}>
          <rect width={BOX.width} height={BOX.height} rx={4} />
          <text x={9} y={15}>
            {shortened(node.label)}
            <title>
              {node.label}: {node.state}
            </title>
          </text>
        </g>
      ))}
    </svg>
  );
}

const top = ({ row }: TopologyNode): number => TOP + row * ROW - ROW / 2 + (ROW - BOX.height) / 2;

const shortened = (label: string): string => (label.length > 24 ? `${label.slice(0, 11)}…${label.slice(-11)}` : label);

function Link({ from, to }: { from: TopologyNode | undefined; to: TopologyNode | undefined }): ReactNode {
  if (from === undefined || to === undefined) return null;
  const [x1, y1] = [(X[from.column] ?? 0) + BOX.width, top(from) + BOX.height / 2];
  const [x2, y2] = [X[to.column] ?? 0, top(to) + BOX.height / 2];
  const middle = (x1 + x2) / 2;
  return <path d={`M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} />;
}
