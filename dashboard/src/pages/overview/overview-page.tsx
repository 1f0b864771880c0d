import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useMay } from '../../api/session.ts';
import { useRefresh } from '../../api/use-refresh.ts';
import { PageHead } from '../../parts/panel.tsx';
import { Failure } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { AddPanel } from './add-panel.tsx';
import { Answers } from './answers.tsx';
import { isRule, type Layout } from './layout.ts';
import { LayoutMenu } from './layout-menu.tsx';
import { LayoutPanel } from './layout-panel.tsx';
import { PanelTools } from './panel-tools.tsx';
import { PanelsOfRule } from './panels-of-rule.tsx';
import { type ShownLayout, useLayout } from './use-layout.ts';

/** What is red, what runs, whether the fleet is well; then the panels of the chosen layout. */
export default function OverviewPage(): ReactNode {
  useRefresh('events', ['/api/runs', '/api/workers', '/api/overview'], 2000);
  useRefresh('findings', ['/api/overview']);
  const shown = useLayout();
  const [arranging, setArranging] = useState(false);
  const may_submit = useMay('submitter');
  const { layout, error, show } = shown;
  return (
    <>
      <PageHead title="Overview" compact>
        <LayoutMenu shown={shown} arranging={arranging} onArrange={setArranging} />
        {may_submit && (
          <Button component={Link} href="/runs/new" leftSection={<IconPlus size={16} />}>
            Start a run
          </Button>
        )}
      </PageHead>
      {error !== null && <Failure error={error} />}
      <Answers />
      <NewerVersion shown={shown} />
      {arranging && (
        <AddPanel onAdd={(panel) => show({ panels: [...layout.panels, panel] })} onDone={() => setArranging(false)} />
      )}
      <div className="bw-grid bw-packed">
        {layout.panels.map((panel, at) => {
          const Shown = isRule(panel.kind) ? PanelsOfRule : LayoutPanel;
          const tools = arranging ? <PanelTools layout={layout} at={at} onChange={show} /> : undefined;
          return <Shown key={keyOf(layout, at)} panel={panel} tools={tools} />;
        })}
      </div>
    </>
  );
}

/** Says that somebody else has saved the layout that is changed here. */
function NewerVersion({ shown: { name, changed, saved } }: { shown: ShownLayout }): ReactNode {
  if (changed === undefined || saved === undefined || saved.revision === changed.revision) return null;
  return (
    <p className="bw-note" role="status">
      {saved.saved_by ?? 'Somebody'} saved a newer version of "{name}"{' '}
      {saved.saved_at !== null && <Ago at={saved.saved_at} />}. Save yours to merge the two.
    </p>
  );
}

/** Stays with a panel while it is moved: its kind, and how many of that kind stand before it. */
function keyOf({ panels }: Layout, at: number): string {
  const name = (panel: Layout['panels'][number] | undefined): string =>
    `${panel?.kind} ${panel?.of ?? ''} ${panel?.metric ?? ''}`;
  const own = name(panels[at]);
  return `${own} ${panels.slice(0, at).filter((panel) => name(panel) === own).length}`;
}
