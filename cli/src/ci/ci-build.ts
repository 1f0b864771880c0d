export const CI_PROVIDERS = [
  'github',
  'gitlab',
  'jenkins',
  'azure',
  'circleci',
  'travis',
  'bitbucket',
  'teamcity',
] as const;
export type CiProvider = (typeof CI_PROVIDERS)[number];

/** As people call them. */
export const CI_NAMES = {
  github: 'GitHub Actions',
  gitlab: 'GitLab CI',
  jenkins: 'Jenkins',
  azure: 'Azure Pipelines',
  circleci: 'CircleCI',
  travis: 'Travis CI',
  bitbucket: 'Bitbucket Pipelines',
  teamcity: 'TeamCity',
} as const satisfies Record<CiProvider, string>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a CI provider says of the job that it runs. What it does not say is not there. */
export interface CiBuild {
  provider: CiProvider;
  /** What is checked out. Of a pull request that may be a merge of both sides. */
  commit?: string;
  /** The newest commit of the pull request itself, where that is another one: checks and statuses are shown there. */
  head_commit?: string;
  /** Of a pull request: the one that it comes from. */
  branch?: string;
  tag?: string;
  pull_request?: number;
  /** The pull request comes from another repository, so the job has no secrets. */
  is_fork?: boolean;
  /** The job tests what a merge queue or merge train is about to merge. */
  is_queued_merge?: boolean;
  /** The branch that the change is for. */
  base_branch?: string;
  /** The very commit that the change began at; the newest commit of the base branch is not that. */
  base_commit?: string;
  /** `owner/name` on the code host. */
  repository?: string;
  /** The job's page. */
  run_url?: string;
}

/** Only what is there: providers leave variables out, or empty. */
export function present<T extends object>(build: T): { [K in keyof T]: Exclude<T[K], undefined | ''> } {
  const said = Object.entries(build).filter(([, value]) => value !== undefined && value !== '' && value !== false);
  return Object.fromEntries(said) as { [K in keyof T]: Exclude<T[K], undefined | ''> };
}

/** `main` of `refs/heads/main`. */
export const branchOf = (ref: string | undefined): string | undefined => ref?.replace(/^refs\/heads\//, '');

/** A pull request's number, from a number or from the end of its address; undefined for anything else. */
export function numberOf(text: string | undefined): number | undefined {
  const digits = /(?:^|\/)([1-9]\d{0,8})$/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** `owner/name` of an address of a repository, by HTTPS or SSH. */
export function repositoryOf(address: string | undefined): string | undefined {
  const path = /^(?:\w+:\/\/[^/]+\/|[^/@]+@[^:/]+:)(.+?)(?:\.git)?\/?$/.exec(address ?? '')?.[1];
  return path?.includes('/') === true ? path : undefined;
}
