import { Loader } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { useSession } from './api/session.ts';
import { PageRoutes } from './page-routes.tsx';
import { Failure } from './parts/states.tsx';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { Shell } from './shell/shell.tsx';
import { SignIn } from './shell/sign-in.tsx';
import { useSignInLink } from './shell/sign-in-link.ts';

/** Not among the pages: it shows any of them. */
const OneSnapshot = lazy(() => import('./pages/snapshots/snapshot-page.tsx'));

export function App(): ReactNode {
  const link = useSignInLink();
  const session = useSession();
  const [location] = useLocation();
  if (link.busy || session.isPending) return <Waiting />;
  if (session.error !== null && session.data === undefined) {
    return (
      <main className="bw-sign-in">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </main>
    );
  }
  if (session.data == null) return <SignIn error={link.error} />;
  return (
    <Shell>
      <ErrorBoundary place={location}>
        <Suspense fallback={<Waiting />}>
          <Switch>
            <Route path="/snapshots/:id">{({ id }) => <OneSnapshot key={id} id={id} />}</Route>
            <Route>
              <PageRoutes />
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}

function Waiting(): ReactNode {
  return <Loader size="sm" m="xl" role="status" aria-label="loading" />;
}
