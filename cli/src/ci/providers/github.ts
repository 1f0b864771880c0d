import { isRecord } from '@benchwire/shared/runtime/is-record.ts';
import { branchOf, type CiBuild, type Environment, numberOf, present } from '../ci-build.ts';

/** A merge queue's branch: `gh-readonly-queue/main/pr-104-SHA`. */
const QUEUE = /^gh-readonly-queue\/.+\/pr-(\d+)-[0-9a-f]+$/;

/**
 * GitHub Actions. The event's payload (GITHUB_EVENT_PATH) has the commits of a pull request and whether it is a fork's;
 * GITHUB_SHA is a merge of both sides then. After `workflow_run` the commit is the one that the other workflow ran for.
 */
export function gitHubBuild(environment: Environment, payload: unknown): CiBuild {
  const { GITHUB_REF = '', GITHUB_SHA, GITHUB_REPOSITORY = '', GITHUB_SERVER_URL, GITHUB_RUN_ID } = environment;
  const event = new Fields(payload);
  const request = event.at('pull_request');
  const queue = event.at('merge_group');
  const workflow = event.at('workflow_run');
  const branch = environment.GITHUB_HEAD_REF || /^refs\/heads\/(.+)$/.exec(GITHUB_REF)?.[1];
  const head_repository =
    request.at('head').at('repo').text('full_name') ?? workflow.at('head_repository').text('full_name');
  const isDeletedFork = request.isThere && request.at('head').value('repo') === null;
  return present({
    provider: 'github',
    commit: workflow.text('head_sha') ?? GITHUB_SHA,
    head_commit: request.at('head').text('sha'),
    branch: workflow.text('head_branch') ?? branch,
    tag: /^refs\/tags\/(.+)$/.exec(GITHUB_REF)?.[1],
    pull_request:
      numberOf(/^refs\/pull\/(\d+)\//.exec(GITHUB_REF)?.[1]) ??
      request.number('number') ??
      numberOf(QUEUE.exec(branch ?? '')?.[1]),
    is_fork: isDeletedFork || (head_repository !== undefined && head_repository !== GITHUB_REPOSITORY),
    is_queued_merge: queue.isThere,
    base_branch: environment.GITHUB_BASE_REF || branchOf(queue.text('base_ref')),
    base_commit: queue.text('base_sha'),
    repository: GITHUB_REPOSITORY,
    run_url:
      GITHUB_SERVER_URL && GITHUB_RUN_ID && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`,
  });
}

/** Reads what may or may not be in a payload. */
class Fields {
  readonly #fields: Record<string, unknown> | undefined;

  constructor(value: unknown) {
    this.#fields = isRecord(value) ? value : undefined;
  }

  get isThere(): boolean {
    return this.#fields !== undefined;
  }

  at(name: string): Fields {
    return new Fields(this.#fields?.[name]);
  }

  value(name: string): unknown {
    return this.#fields?.[name];
  }

  text(name: string): string | undefined {
    const value = this.#fields?.[name];
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#fields?.[name];
    return typeof value === 'number' ? value : undefined;
  }
}
