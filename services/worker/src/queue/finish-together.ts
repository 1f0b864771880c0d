import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type FinishedJob, type FinishTarget, finishJobs } from './finish-jobs.ts';

/** Jobs of one script: one of them takes a few milliseconds at most. */
const MAX_JOBS = 256;

interface Waiting {
  job: FinishedJob;
  answer: PromiseWithResolvers<unknown>;
}

/**
 * Makes a BullMQ worker finish all jobs that end in one turn of the event loop by one script, which takes the next ones, too. A busy worker
 * gets the acks of many outcomes at once; a script for each of them cost Redis and the worker more than all else about a tiny task.
 * All else is BullMQ's: failures, first jobs, locks, stalled jobs, and each job that is unusual for our queues.
 */
export function finishTogether(worker: Worker, redis: Redis, target: FinishTarget): void {
  const backend = worker.getBackend();
  const completeAlone = backend.moveToCompleted.bind(backend);
  const runScript = backend.execCommand.bind(backend);
  const unusual = new Set<string>();
  const together = new FinishBatch((jobs) => finishJobs(redis, target, jobs));

  // BullMQ itself reads the answer (moveToFinished): an error code becomes its error, a job's fields become a job.
  backend.execCommand = (client, name, parameters) => {
    const [id, token, returnvalue, takes_next, ...more] = parameters;
    if (name !== 'moveToFinished' || more.length > 0) return runScript(client, name, parameters);
    return together.finish({ id, token, returnvalue, takes_next }).then((answer) => {
      if (answer !== 'UNUSUAL') return answer;
      unusual.add(id);
      return undefined;
    });
  };
  backend.moveToCompleted = async (job, value, keep, token, fetchNext) => {
    const id = job.id ?? '';
    const finishedOn = Date.now();
    const returnvalue = JSON.stringify(value) ?? 'null';
    const result = await backend.moveToFinished(id, [
      id,
      token,
      returnvalue,
      fetchNext && worker.closing === undefined,
    ]);
    return unusual.delete(id) ? completeAlone(job, value, keep, token, fetchNext) : { result, finishedOn };
  };
}

/** Collects what ends within one turn. */
class FinishBatch {
  readonly #run: (jobs: readonly FinishedJob[]) => Promise<unknown[]>;
  #waiting: Waiting[] = [];

  constructor(run: (jobs: readonly FinishedJob[]) => Promise<unknown[]>) {
    this.#run = run;
  }

  finish(job: FinishedJob): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.push({ job, answer });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    return answer.promise;
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waiting.length; at += MAX_JOBS) void this.#send(waiting.slice(at, at + MAX_JOBS));
  }

  async #send(some: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#run(some.map(({ job }) => job));
      for (const [index, { answer }] of some.entries()) {
        const of = answers[index];
        if (typeof of === 'string' && of.startsWith('ERROR ')) {
          answer.reject(new BenchwireError('JOB_DAMAGED', `a job could not be finished: ${of.slice('ERROR '.length)}`));
        } else answer.resolve(of);
      }
    } catch (error) {
      for (const { answer } of some) answer.reject(error);
    }
  }
}
