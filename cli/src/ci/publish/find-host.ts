import { azureDevOps } from '@benchwire/shared/forges/azure-devops.ts';
import { bitbucket } from '@benchwire/shared/forges/bitbucket.ts';
import { github } from '@benchwire/shared/forges/github.ts';
import { gitlab } from '@benchwire/shared/forges/gitlab.ts';
import { type CiProvider, type Environment, repositoryOf } from '../ci-build.ts';
import type { CodeHost } from './publish.ts';

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
  const kind = kindOf(environment, build, remote);
  if (kind === undefined)
    return nowhere('bw ci posts to GitHub, GitLab, Bitbucket and Azure DevOps; --markdown writes the comment');
  const token = environment[TOKENS[kind]];
  if (!token) return nowhere(`${TOKENS[kind]} is not set`);
  switch (kind) {
    case 'github': {
      const { GITHUB_API_URL: api_url } = environment;
      return { host: { name: 'GitHub', forge: github({ repository, auth: { token }, api_url }) } };
    }
    case 'gitlab': {
      const { CI_SERVER_URL: url } = environment;
      return { host: { name: 'GitLab', forge: gitlab({ project: repository, token, url }) } };
    }
    case 'bitbucket':
      return { host: { name: 'Bitbucket', forge: bitbucket({ repository, token }) } };
    case 'azure': {
      const { SYSTEM_COLLECTIONURI = '', SYSTEM_TEAMPROJECT = '', BUILD_REPOSITORY_NAME = '' } = environment;
      const place = { organization_url: SYSTEM_COLLECTIONURI, project: SYSTEM_TEAMPROJECT };
      return {
        host: { name: 'Azure DevOps', forge: azureDevOps({ ...place, repository: BUILD_REPOSITORY_NAME, token }) },
      };
    }
    default:
      return kind satisfies never;
  }
}

type HostKind = 'github' | 'gitlab' | 'bitbucket' | 'azure';

/** The variable with what reports are posted with. */
const TOKENS = {
  github: 'GITHUB_TOKEN',
  gitlab: 'GITLAB_TOKEN',
  bitbucket: 'BITBUCKET_TOKEN',
  azure: 'SYSTEM_ACCESSTOKEN',
} as const satisfies Record<HostKind, string>;

const nowhere = (why: string): FoundHost => ({ host: undefined, why });

function kindOf(environment: Environment, { provider }: HostedBuild, remote: string | undefined): HostKind | undefined {
  if (provider === 'github' || provider === 'gitlab' || provider === 'bitbucket') return provider;
  // Azure Pipelines builds repositories of others, too.
  if (provider === 'azure' && environment.BUILD_REPOSITORY_PROVIDER === 'TfsGit') return 'azure';
  const [, host = ''] = /^(?:\w+:\/\/)?(?:[^@/]+@)?([^:/]+)/.exec(remote ?? '') ?? [];
  return (['github', 'gitlab', 'bitbucket'] as const).find((kind) => host.split('.').includes(kind));
}
