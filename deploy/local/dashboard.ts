import { buildPage } from '@benchwire/shared/runtime/build-page.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';

const DASHBOARD = {
  folder: 'dashboard',
  sources: [
    'dashboard/{src,public}/**/*.*',
    'dashboard/{index.html,package.json,vite.config.ts}',
    'shared/{contracts,format}/*.ts',
    'examples/quickstart.yaml',
    'package-lock.json',
  ],
};

/**
 * Builds the dashboard where it was not built from what is in the checkout.
 * @returns the folder with the page's files
 * @throws BenchwireError DASHBOARD_BUILD; what the build printed is on stderr
 */
export async function buildDashboard(say: (text: string) => void): Promise<string> {
  const built = await buildPage(DASHBOARD, say);
  if ('dist' in built) return built.dist;
  throw new BenchwireError(
    'DASHBOARD_BUILD',
    `the dashboard could not be built (exit code ${built.exit_code}, reasons above)`,
  );
}
