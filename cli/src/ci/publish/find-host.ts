import { type CiProvider, type Environment, repositoryOf } from '../ci-build.ts';
import type { CodeHost } from './code-host.ts';
import { gitHub } from './github.ts';
import { gitLab } from './gitlab.ts';

/** Where reports can be posted to, or why nowhere. */
export type FoundHost = { host: CodeHost } | { host: undefined; why: string };

interface HostedBuild {
  provider?: CiProvider | undefined;
  repository?: string | undefined;
}

/**
 * The code host of a build: the provider's own, else the one of the repository's address.
 * @param remote - the address of `origin`
 */
export function findHost(environment: Environment, build: HostedBuild, remote: string | undefined): FoundHost {
  const repository = build.repository ?? repositoryOf(remote);
  if (repository === undefined) return nowhere('the repository is unknown: this folder has no remote called origin');
  const kind = build.provider === 'github' || build.provider === 'gitlab' ? build.provider : kindOf(remote);
  switch (kind) {
    case 'github': {
      const { GITHUB_TOKEN: token, GITHUB_API_URL: api_url = 'https://api.github.com' } = environment;
      if (!token) return nowhere('GITHUB_TOKEN is not set');
      return { host: gitHub({ api_url, repository, token }) };
    }
    case 'gitlab': {
      const { GITLAB_TOKEN: token, CI_API_V4_URL: api_url = 'https://gitlab.com/api/v4' } = environment;
      if (!token) return nowhere('GITLAB_TOKEN is not set');
      return { host: gitLab({ api_url, repository, token }) };
    }
    default:
      return nowhere('bw ci posts to GitHub and GitLab; --markdown writes the comment into a file');
  }
}

const nowhere = (why: string): FoundHost => ({ host: undefined, why });

function kindOf(remote: string | undefined): 'github' | 'gitlab' | undefined {
  const [, host = ''] = /^(?:\w+:\/\/)?(?:[^@/]+@)?([^:/]+)/.exec(remote ?? '') ?? [];
  return (['github', 'gitlab'] as const).find((kind) => host.split('.').includes(kind));
}
