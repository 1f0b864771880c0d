import { call } from '@benchwire/shared/client/http-client.ts';
import { COMPARED_BY, MAX_SIDES } from '@benchwire/shared/contracts/compared-by.ts';
import type { ComparedBy } from '@benchwire/shared/contracts/comparison.ts';
import { CloseButton, MultiSelect, SegmentedControl, TagsInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { useGet, usePages } from '../../api/use-api.ts';
import { seriesName } from '../../format/series-name.ts';
import { shortId } from '../../parts/run-link.tsx';
import { commitOf } from '../../parts/source.ts';
import { type Filters, type Sides, withSides } from './sides.ts';

const NAMES: Record<ComparedBy, string> = {
  run: 'Runs',
  commit: 'Commits',
  model: 'Models',
  hardware: 'Hardware',
  batch_size: 'Batch sizes',
  series: 'Series',
  period: 'Periods',
};

/** What is compared, which ones, and what narrows it. All of it is in the page's address. */
export function ChooseSides({ sides, filters }: { sides: Sides; filters: Filters }): ReactNode {
  const [parameters, setParameters] = useSearchParams();
  const choose = (next: Sides): void => setParameters(withSides(parameters, next), { replace: true });
  const drop = (name: string): void => {
    const after = new URLSearchParams(parameters);
    after.delete(name);
    setParameters(after, { replace: true });
  };
  return (
    <div className="bw-stack">
      <SegmentedControl
        className="bw-scrolling"
        size="sm"
        aria-label="What to compare"
        data={COMPARED_BY.map((by) => ({ value: by, label: NAMES[by] }))}
        value={sides.by}
        onChange={(by) => choose({ by, values: [] })}
      />
      <Values sides={sides} onChoose={(values) => choose({ by: sides.by, values })} />
      {Object.keys(filters).length > 0 && (
        <p className="bw-note bw-first">
          Only
          {Object.entries(filters).map(([name, value]) => (
            <span key={name} className="bw-chip">
              {name.replace('_', ' ')} {name === 'run' ? shortId(value) : value}
              <CloseButton size="xs" aria-label={`Remove the filter ${name} ${value}`} onClick={() => drop(name)} />
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

interface ValuesProps {
  sides: Sides;
  onChoose: (values: string[]) => void;
}

function Values({ sides: { by, values }, onChoose }: ValuesProps): ReactNode {
  const runs = usePages(call('GET /api/runs', { query: { limit: 100 } }), { enabled: by === 'run' || by === 'commit' });
  const series = usePages(call('GET /api/series', { query: { limit: 1000 } }), { enabled: by === 'series' });
  const of_matrix = by === 'model' || by === 'hardware' || by === 'batch_size';
  const matrix = useGet(call('GET /api/matrix'), { enabled: of_matrix });
  const common = { 'aria-label': NAMES[by], value: values, onChange: onChoose, maxValues: MAX_SIDES, clearable: true };

  if (by === 'run' || by === 'series') {
    const known =
      by === 'run'
        ? (runs.data ?? []).map(({ run_id, name }) => ({ value: run_id, label: `${name || 'run'} ${shortId(run_id)}` }))
        : (series.data ?? []).map((row) => ({ value: row.series_id, label: seriesName(row) }));
    const missing = values.filter((value) => !known.some((each) => each.value === value));
    const data = [...known, ...missing.map((value) => ({ value, label: value.slice(0, 13) }))];
    return (
      <MultiSelect
        {...common}
        data={data}
        searchable
        limit={100}
        placeholder={values.length < 2 ? `two or more` : ''}
      />
    );
  }
  const cells = matrix.data?.items ?? [];
  const offered: Record<string, Array<string | number | null>> = {
    model: cells.map(({ model }) => model),
    hardware: cells.flatMap(({ pool, class: hardware }) => [pool, hardware]),
    batch_size: cells.map(({ batch_size }) => batch_size),
    commit: (runs.data ?? []).map(({ source }) => commitOf(source)),
  };
  const data = [...new Set((offered[by] ?? []).filter(Boolean).map(String))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  const hint =
    by === 'commit'
      ? 'a commit or its first digits, then Enter; two or more'
      : by === 'period'
        ? '2026-10-01..2026-10-31, 30d or version:1.4, then Enter; two or more'
        : 'two or more';
  return <TagsInput {...common} data={data} placeholder={values.length < 2 ? hint : ''} acceptValueOnBlur />;
}
