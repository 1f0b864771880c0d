import { call } from '@benchwire/shared/client/http-client.ts';
import type { BenchmarkModel } from '@benchwire/shared/contracts/api/benchmark.ts';
import type { ReactNode } from 'react';
import { useGet } from '../../api/use-api.ts';
import { formatCount, formatNumber } from '../../format/numbers.ts';
import { Panel } from '../../parts/panel.tsx';

type Workload = NonNullable<BenchmarkModel['catalogue']>['workloads'][string];

const giga = (value: number | undefined): string => formatNumber(value === undefined ? undefined : value / 1e9);
const mega = (value: number | undefined): string => formatNumber(value === undefined ? undefined : value / 1e6);
const ROWS: ReadonlyArray<[name: string, unit: string, text: (of: Workload) => string]> = [
  ['Parameters', 'million', ({ parameters }) => mega(parameters)],
  ['Weights', 'MB', ({ weight_bytes }) => mega(weight_bytes)],
  ['Operations', 'GFLOP', ({ flops }) => giga(flops)],
  ['Read and written by operators', 'MB', ({ bytes_moved }) => mega(bytes_moved)],
  ['Activations alive at once', 'MB', ({ activation_bytes }) => mega(activation_bytes)],
  ['Operators', '', ({ operators }) => formatCount(operators)],
];

/** Of the API; no type of the catalogue has a longer name. */
const LONGEST_SEARCH = 128;

/** What a forward pass of a model type asks of a device, by size; nothing for models that the catalogue does not have. */
export function ModelWorkload({ model }: { model: string }): ReactNode {
  const is_asked = model !== '' && model.length <= LONGEST_SEARCH;
  const { data } = useGet(call('GET /api/benchmark/models', { query: { search: model } }), { enabled: is_asked });
  const workloads = data?.items.find((each) => each.model === model)?.catalogue?.workloads ?? {};
  const sizes = Object.entries(workloads);
  if (sizes.length === 0) return null;
  return (
    <Panel title="Workload" aside={<span className="bw-dim">of one forward pass, batch size 1, fp32; counted</span>}>
      <table className="bw-table">
        <thead>
          <tr>
            <th scope="col">Size</th>
            {sizes.map(([size]) => (
              <th key={size} scope="col" data-numeric="true">
                {size}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([name, unit, text]) => (
            <tr key={name}>
              <th scope="row">
                {name} {unit !== '' && <small className="bw-dim">{unit}</small>}
              </th>
              {sizes.map(([size, of]) => (
                <td key={size} data-numeric="true">
                  {text(of)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {sizes.map(([size, { reason, kinds }]) => (
        <p key={size} className="bw-note">
          {size}: {reason === undefined ? mostFrequent(kinds) : `not counted: ${reason}`}
        </p>
      ))}
    </Panel>
  );
}

const mostFrequent = (kinds: Workload['kinds'] = {}): string =>
  Object.entries(kinds)
    .map(([kind, count]) => `${kind} ${formatCount(count)}`)
    .join(', ');
