import { call, withQuery } from '@benchwire/shared/client/http-client.ts';
import { lazy, type ReactNode, Suspense, useRef } from 'react';
import { Link } from 'wouter';
import { useGet } from '../../api/use-api.ts';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import type { PlacedPanel } from './layout.ts';
import { matchingPanels } from './matching-panels.ts';
import { panelInWords } from './panel-words.ts';
import { useRowSpan } from './use-row-span.ts';
import { useSeen } from './use-seen.ts';

const SeriesPanel = lazy(() => import('./series-panel.tsx'));

/** A new benchmark is seen after this long at most. */
const EVERY_MS = 30_000;
/** Series that are looked at, the newest. */
const MAX_SERIES = 1000;

/** The panels that a rule of a layout stands for now; while the layout is edited, the rule itself with its tools before them. */
export function PanelsOfRule({ panel, tools }: { panel: PlacedPanel; tools?: ReactNode }): ReactNode {
  const { kind, columns, of = '', metric = '' } = panel;
  const query = { benchmark: of, metric, limit: MAX_SERIES };
  const series = useGet(call('GET /api/series', { query }), { every_ms: EVERY_MS });
  const { panels, left_out } = matchingPanels(kind, series.data?.items ?? []);
  const says_something = tools !== undefined || panels.length === 0 || left_out > 0;
  return (
    <>
      {says_something && (
        <Cell columns={columns}>
          <Panel title={panelInWords(panel)} aside={tools}>
            <Answer of={series}>
              {() =>
                panels.length === 0 ? (
                  <Empty title="Nothing matches yet">A panel appears with the first result that matches.</Empty>
                ) : (
                  <p className="bw-note">
                    {panels.length} {panels.length === 1 ? 'panel' : 'panels'} now; a new match adds one.
                    {left_out > 0 && ` ${left_out} more match: narrow the rule, or open them in `}
                    {left_out > 0 && <Link href={withQuery('/series', { search: metric })}>Series</Link>}
                  </p>
                )
              }
            </Answer>
          </Panel>
        </Cell>
      )}
      {panels.map(({ key, title, first, others }) => (
        <Cell key={key} columns={columns}>
          <Panel title={title}>
            <OnceSeen>
              <SeriesPanel series_id={first.series_id} over={others.map(({ series_id }) => series_id)} />
            </OnceSeen>
          </Panel>
        </Cell>
      ))}
    </>
  );
}

/** A series asks several questions, and a rule may have many: each is drawn once it is scrolled to. */
function OnceSeen({ children }: { children: ReactNode }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const seen = useSeen(place);
  return (
    <div ref={place} className="bw-seen">
      {seen && <Suspense fallback={null}>{children}</Suspense>}
    </div>
  );
}

function Cell({ columns, children }: { columns: number; children: ReactNode }): ReactNode {
  const place = useRowSpan();
  return (
    <div ref={place} className={`bw-${columns}`}>
      {children}
    </div>
  );
}
