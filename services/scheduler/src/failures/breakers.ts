import { createHash } from 'node:crypto';
import { type Evidence, evidenceOf } from '@benchwire/shared/contracts/failure-classes.ts';
import type { ErrorClass, Outcome } from '@benchwire/shared/contracts/outcome.ts';
import { type CommandConfig, executorNameOf, type Task } from '@benchwire/shared/contracts/task.ts';
import { forgetOldest } from '@benchwire/shared/runtime/forget-oldest.ts';

export interface BreakerSettings {
  /** The same failure of the same thing on this many workers, with no success in between, opens a breaker. */
  workers: number;
  /** Failures further apart than this have nothing to do with each other. */
  window_ms: number;
  /** How long a breaker stays open at first; doubled each time that its probe fails. */
  cool_down_ms: number;
  max_cool_down_ms: number;
}

export const DEFAULT_BREAKER_SETTINGS: BreakerSettings = {
  workers: 3,
  window_ms: 10 * 60_000,
  cool_down_ms: 30_000,
  max_cool_down_ms: 15 * 60_000,
};

const subjects = new WeakMap<Task['config'], string>();

/**
 * What is being run, as far as a failure may be its fault: the model, the command with its settings, or else the benchmark. Another
 * script of the same program is another thing. Numbers alone make no other thing of a benchmark's command, so a sweep over sizes of a
 * script that fails is held back as a whole; of a test every word counts.
 */
export function subjectOf(
  task: Pick<Task, 'executor' | 'config' | 'benchmark' | 'type' | 'made_of'> & { plugin?: string },
): string {
  // The repetitions of a task share their config, and so the text.
  const known = subjects.get(task.config);
  if (known !== undefined) return known;
  const made = task.type === 'test' ? `test ${settingsInWords(task)}` : `${executorNameOf(task)} ${nameOf(task)}`;
  subjects.set(task.config, made);
  return made;
}

function nameOf({ config, benchmark, made_of }: Pick<Task, 'config' | 'benchmark' | 'made_of'>): string {
  if (made_of !== undefined) return `${made_of.model} (${made_of.how})`;
  if ('command' in config) return commandInWords(config);
  return ('model' in config ? config.model : undefined) ?? benchmark;
}

const MAX_WORDS = 160;

/** A benchmark's command without its numbers, readable, and unique where it is cut or has settings besides. */
function commandInWords({ command, env = {}, model, working_directory }: CommandConfig): string {
  const words = command.map(withoutNumber);
  const text = words.join(' ');
  const variables = Object.entries(env).map(([name, value]) => [name, withoutNumber(value)]);
  const besides = {
    ...Object.fromEntries(variables.sort()),
    ...(model && { model }),
    ...(working_directory && { working_directory }),
  };
  const isWhole = Object.keys(besides).length === 0 && text.length <= MAX_WORDS && !text.includes('\n');
  return isWhole ? text : `${text.slice(0, MAX_WORDS)} (${shortHash([words, besides])})`;
}

/** `4` and `--size=4` as `#` and `--size=#`. */
function withoutNumber(word: string): string {
  return word.replace(/^(--?[A-Za-z][\w-]*=)?[+-]?\d+(?:\.\d+)?$/, '$1#');
}

/** A test's own command, readable, and unique where it is cut or has settings besides. */
function settingsInWords({ config, benchmark }: Pick<Task, 'config' | 'benchmark'>): string {
  const words = 'command' in config ? config.command.join(' ') : benchmark;
  return `${words.slice(0, MAX_WORDS)} (${shortHash([benchmark, config])})`;
}

function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

/** A pool's name begins with its hardware class. */
function hardwareOf(pool: string): string {
  return pool.slice(0, pool.lastIndexOf('-'));
}

/** The class of a failure that is evidence of one of these; undefined for everything else. */
export function tellingFailure(facts: FailureFacts, of: ReadonlySet<Evidence>): ErrorClass | undefined {
  const { status, error, executor, is_test, retried_smaller } = facts;
  if (status === 'completed' || error === null || retried_smaller) return undefined;
  const evidence = evidenceOf(error, executor);
  // A test that fails, crashes or takes too long is a result: it holds back nothing.
  if (is_test === true && evidence === 'subject') return undefined;
  return of.has(evidence) ? error.class : undefined;
}

/** A machine on which a model fails is no other one's fault, so three of them speak against the model. */
const AGAINST_SUBJECT: ReadonlySet<Evidence> = new Set(['worker', 'subject']);

/** Things that failed lately; more than these are forgotten, the oldest first. */
const MAX_SUBJECTS = 10_000;

/** A pair that is not tried for a while: what is run, and on which hardware class it fails how. */
export interface Breaker {
  readonly subject: string;
  readonly hardware: string;
  readonly error_class: ErrorClass;
  state: 'open' | 'half_open';
  /** Of the failures that opened it. */
  readonly workers: readonly string[];
  readonly message: string;
  opened_at_ms: number;
  /** When a probe may go. */
  until_ms: number;
  cool_down_ms: number;
  /** The attempt that is let through while it is half open. */
  probe: string | undefined;
}

export type BreakerChange =
  | { kind: 'opened'; breaker: Breaker }
  | { kind: 'half_opened'; breaker: Breaker }
  | { kind: 'closed'; breaker: Breaker };

/** What an outcome says to breakers and to the records of workers. */
export interface FailureFacts extends Pick<Outcome, 'status' | 'error' | 'worker_id' | 'pool'> {
  /** See `subjectOf`. */
  subject: string;
  executor: string;
  /** Of a task of type `test`. */
  is_test?: boolean;
  /** Names the task among all: `<run>.<task>`. */
  task: string;
  /** The next attempt leaves out what did not fit, so the failure says nothing about the rest. */
  retried_smaller: boolean;
}

/**
 * Circuit breakers (Nygard, "Release It!"): three workers that fail the same thing in the same way say that a fourth
 * would, too. A fold over outcomes in their order; nothing in it depends on who else is there.
 */
export class Breakers {
  readonly settings: BreakerSettings;
  /** Failures in a row: by subject, then hardware and class, then worker. */
  readonly #failures = new Map<string, Map<string, Map<string, number>>>();
  /** By subject. */
  readonly #open = new Map<string, Breaker[]>();
  #version = 0;

  constructor(settings: BreakerSettings = DEFAULT_BREAKER_SETTINGS) {
    this.settings = settings;
  }

  /** Changes whenever an answer of `whyHeld` may have changed. */
  get version(): number {
    return this.#version;
  }

  get all(): Breaker[] {
    return [...this.#open.values()].flat();
  }

  /** @param at_ms - when the attempt ended */
  apply(facts: FailureFacts, at_ms: number): BreakerChange[] {
    const { pool, worker_id, subject, task } = facts;
    const failed = tellingFailure(facts, AGAINST_SUBJECT);
    if (pool === null || worker_id === null) {
      this.#freeProbe(subject, task);
      return [];
    }
    const hardware = hardwareOf(pool);
    if (facts.status === 'completed') return this.#succeeded(subject, hardware);
    const known = this.#open.get(subject)?.find((each) => each.hardware === hardware && each.error_class === failed);
    const again = known !== undefined && known.state === 'half_open' && (known.probe ?? task) === task;
    this.#freeProbe(subject, task);
    if (known !== undefined) return again ? this.#openAgain(known, at_ms) : [];
    if (failed === undefined) return [];
    const workers = this.#count(subject, `${hardware} ${failed}`, worker_id, at_ms);
    if (workers.length < this.settings.workers) return [];
    const { cool_down_ms } = this.settings;
    const breaker: Breaker = {
      subject,
      hardware,
      error_class: failed,
      state: 'open',
      workers,
      message: facts.error?.message.slice(0, 300) ?? '',
      opened_at_ms: at_ms,
      until_ms: at_ms + cool_down_ms,
      cool_down_ms,
      probe: undefined,
    };
    this.#open.set(subject, [...(this.#open.get(subject) ?? []), breaker]);
    this.#version++;
    return [{ kind: 'opened', breaker }];
  }

  /** Breakers whose time is over; each then waits for a probe. */
  halfOpen(now: number): BreakerChange[] {
    const changes: BreakerChange[] = [];
    for (const breaker of this.all) {
      if (breaker.state !== 'open' || breaker.until_ms > now) continue;
      breaker.state = 'half_open';
      this.#version++;
      changes.push({ kind: 'half_opened', breaker });
    }
    return changes;
  }

  /** Whether any breaker speaks of it, so that most tasks need no further look. */
  concerns(subject: string): boolean {
    return this.#open.size > 0 && this.#open.has(subject);
  }

  /** Why hardware of a class is not to run it now, for a person. A half-open breaker takes the first who asks as its probe. */
  whyHeld(subject: string, hardware: string, task: string): string | undefined {
    for (const breaker of this.#open.get(subject) ?? []) {
      if (breaker.hardware !== hardware) continue;
      if (breaker.state === 'half_open' && (breaker.probe ?? task) === task) {
        breaker.probe = task;
        continue;
      }
      return describeBreaker(breaker);
    }
    return undefined;
  }

  #succeeded(subject: string, hardware: string): BreakerChange[] {
    const failures = this.#failures.get(subject);
    for (const key of failures?.keys() ?? []) if (key.startsWith(`${hardware} `)) failures?.delete(key);
    if (failures?.size === 0) this.#failures.delete(subject);
    const breakers = this.#open.get(subject) ?? [];
    const closed = breakers.filter((breaker) => breaker.hardware === hardware);
    if (closed.length === 0) return [];
    const left = breakers.filter((breaker) => breaker.hardware !== hardware);
    if (left.length === 0) this.#open.delete(subject);
    else this.#open.set(subject, left);
    this.#version++;
    return closed.map((breaker) => ({ kind: 'closed', breaker }));
  }

  /** What was under way when a breaker opened may still fail; only the probe's failure opens it again, for longer. */
  #openAgain(breaker: Breaker, at_ms: number): BreakerChange[] {
    breaker.cool_down_ms = Math.min(breaker.cool_down_ms * 2, this.settings.max_cool_down_ms);
    breaker.state = 'open';
    breaker.opened_at_ms = at_ms;
    breaker.until_ms = at_ms + breaker.cool_down_ms;
    this.#version++;
    return [{ kind: 'opened', breaker }];
  }

  /** A probe that ended without an answer makes room for another. */
  #freeProbe(subject: string, task: string): void {
    for (const breaker of this.#open.get(subject) ?? []) {
      if (breaker.probe !== task) continue;
      breaker.probe = undefined;
      this.#version++;
    }
  }

  /** The workers that have failed it this way, this one too. */
  #count(subject: string, key: string, worker_id: string, at_ms: number): string[] {
    const bySubject = this.#failures.get(subject) ?? new Map<string, Map<string, number>>();
    // Last again, so that the first is the one to forget.
    this.#failures.delete(subject);
    this.#failures.set(subject, bySubject);
    forgetOldest(this.#failures, MAX_SUBJECTS);
    const workers = bySubject.get(key) ?? new Map<string, number>();
    bySubject.set(key, workers);
    workers.set(worker_id, at_ms);
    for (const [worker, failed_at_ms] of workers) {
      if (at_ms - failed_at_ms > this.settings.window_ms) workers.delete(worker);
    }
    return [...workers.keys()];
  }
}

export function describeBreaker({ subject, hardware, error_class, workers, state, until_ms }: Breaker): string {
  const when = state === 'open' ? `the next try is at ${new Date(until_ms).toISOString()}` : 'one task tries it now';
  return `${subject} ended with ${error_class} on ${workers.length} ${hardware} workers (${workers.slice(0, 4).join(', ')}), so it is held back: ${when}`;
}
