import { readFileSync } from 'node:fs';
import type { Source } from '@benchwire/shared/contracts/request.ts';
import type { CiBuild, CiProvider, Environment } from './ci-build.ts';
import { azureBuild } from './providers/azure.ts';
import { bitbucketBuild } from './providers/bitbucket.ts';
import { circleBuild } from './providers/circleci.ts';
import { gitHubBuild } from './providers/github.ts';
import { gitLabBuild } from './providers/gitlab.ts';
import { jenkinsBuild } from './providers/jenkins.ts';
import { readProperties, teamCityBuild } from './providers/teamcity.ts';
import { travisBuild } from './providers/travis.ts';

interface Reader {
  /** The variable that only this provider sets. */
  variable: string;
  read(environment: Environment, payload: unknown): CiBuild;
  /** What it writes to a file beside its variables. */
  payload?(environment: Environment): unknown;
}

const READERS: Readonly<Record<CiProvider, Reader>> = {
  github: { variable: 'GITHUB_ACTIONS', read: gitHubBuild, payload: gitHubEvent },
  gitlab: { variable: 'GITLAB_CI', read: gitLabBuild },
  jenkins: { variable: 'JENKINS_URL', read: jenkinsBuild },
  azure: { variable: 'TF_BUILD', read: azureBuild },
  circleci: { variable: 'CIRCLECI', read: circleBuild },
  travis: { variable: 'TRAVIS', read: travisBuild },
  bitbucket: { variable: 'BITBUCKET_BUILD_NUMBER', read: bitbucketBuild },
  teamcity: { variable: 'TEAMCITY_VERSION', read: teamCityBuild, payload: teamCityParameters },
};

/** What the CI provider says of the job that this process runs in; undefined where it is in none of the eight. */
export function readBuild(environment: Environment): CiBuild | undefined {
  const reader = Object.values(READERS).find(({ variable }) => Boolean(environment[variable]));
  return reader?.read(environment, reader.payload?.(environment));
}

/** What a build says of what is measured. */
export function sourceOfBuild(build: Partial<CiBuild> | undefined): Source {
  const { branch, pull_request, base_branch } = build ?? {};
  return {
    ...(branch === undefined ? {} : { branch: branch.slice(0, 256) }),
    ...(pull_request === undefined ? {} : { pull_request }),
    ...(base_branch === undefined ? {} : { base: base_branch.slice(0, 256) }),
  };
}

/** A payload that is missing or broken leaves the variables, which have most of it. */
function gitHubEvent({ GITHUB_EVENT_PATH: path }: Environment): unknown {
  try {
    return path ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** The parameters of a build are in a file that its system properties name. */
function teamCityParameters({ TEAMCITY_BUILD_PROPERTIES_FILE: path }: Environment): Record<string, string> {
  const system = propertiesIn(path);
  return { ...system, ...propertiesIn(system['teamcity.configuration.properties.file']) };
}

function propertiesIn(path: string | undefined): Record<string, string> {
  try {
    return path ? readProperties(readFileSync(path, 'utf8')) : {};
  } catch {
    return {};
  }
}
