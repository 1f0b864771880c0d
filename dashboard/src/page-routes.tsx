import { Button } from '@mantine/core';
import { lazy, type ReactNode } from 'react';
import { Link, Route, Switch } from 'wouter';
import { Empty } from './parts/states.tsx';

/** Every page is a file of its own that is loaded when it is first shown. */
const Overview = lazy(() => import('./pages/overview/overview-page.tsx'));
const Runs = lazy(() => import('./pages/runs/runs-page.tsx'));
const NewRun = lazy(() => import('./pages/runs/new-run-page.tsx'));
const Run = lazy(() => import('./pages/runs/run-page.tsx'));
const Compare = lazy(() => import('./pages/compare/compare-page.tsx'));
const Matrix = lazy(() => import('./pages/matrix/matrix-page.tsx'));
const Model = lazy(() => import('./pages/matrix/model-page.tsx'));
const Analytics = lazy(() => import('./pages/analytics/analytics-page.tsx'));
const Slower = lazy(() => import('./pages/analytics/slower-page.tsx'));
const Series = lazy(() => import('./pages/series/series-page.tsx'));
const OneSeries = lazy(() => import('./pages/series/one-series-page.tsx'));
const Findings = lazy(() => import('./pages/findings/findings-page.tsx'));
const Finding = lazy(() => import('./pages/findings/finding-page.tsx'));
const Tests = lazy(() => import('./pages/tests/tests-page.tsx'));
const OneTest = lazy(() => import('./pages/tests/test-page.tsx'));
const Fleet = lazy(() => import('./pages/fleet/fleet-page.tsx'));
const Worker = lazy(() => import('./pages/fleet/worker-page.tsx'));
const Faults = lazy(() => import('./pages/faults/faults-page.tsx'));
const Gates = lazy(() => import('./pages/gates/gates-page.tsx'));
const Notifications = lazy(() => import('./pages/notifications/notifications-page.tsx'));
const Settings = lazy(() => import('./pages/settings/settings-page.tsx'));
const Reports = lazy(() => import('./pages/reports/reports-page.tsx'));
const Events = lazy(() => import('./pages/admin/events-page.tsx'));
const Audit = lazy(() => import('./pages/admin/audit-page.tsx'));
const Rejected = lazy(() => import('./pages/admin/rejected-page.tsx'));
const Snapshots = lazy(() => import('./pages/snapshots/snapshots-page.tsx'));
const Keys = lazy(() => import('./pages/admin/keys-page.tsx'));

/** Which page an address shows. */
export function PageRoutes(): ReactNode {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/runs" component={Runs} />
      <Route path="/runs/new" component={NewRun} />
      <Route path="/runs/:run_id">{({ run_id }) => <Run key={run_id} run_id={run_id} />}</Route>
      <Route path="/compare" component={Compare} />
      <Route path="/matrix" component={Matrix} />
      <Route path="/matrix/model" component={Model} />
      <Route path="/slower" component={Slower} />
      <Route path="/analytics" component={Analytics} />
      <Route path="/series" component={Series} />
      <Route path="/series/:series_id">{({ series_id }) => <OneSeries key={series_id} series_id={series_id} />}</Route>
      <Route path="/findings" component={Findings} />
      <Route path="/findings/:finding_id">
        {({ finding_id }) => <Finding key={finding_id} finding_id={decodeURIComponent(finding_id)} />}
      </Route>
      <Route path="/tests" component={Tests} />
      <Route path="/tests/:case_id">{({ case_id }) => <OneTest key={case_id} case_id={case_id} />}</Route>
      <Route path="/fleet" component={Fleet} />
      <Route path="/fleet/:worker_id">{({ worker_id }) => <Worker key={worker_id} worker_id={worker_id} />}</Route>
      <Route path="/faults" component={Faults} />
      <Route path="/gates" component={Gates} />
      <Route path="/notifications" component={Notifications} />
      <Route path="/settings" component={Settings} />
      <Route path="/reports" component={Reports} />
      <Route path="/events" component={Events} />
      <Route path="/audit" component={Audit} />
      <Route path="/rejected" component={Rejected} />
      <Route path="/snapshots" component={Snapshots} />
      <Route path="/keys" component={Keys} />
      <Route>
        <Empty title="Page not found">
          <Button component={Link} href="/" variant="default" size="compact-sm">
            Go to the overview
          </Button>
        </Empty>
      </Route>
    </Switch>
  );
}
