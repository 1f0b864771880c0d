import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import type { RunnerReady, RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { messageOf, TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { RunOptions } from '../executors/runner/runner-job.ts';
import { BROWSERS, type FoundBrowser } from './browser-kinds.ts';
import { launchBrowser } from './launch.ts';
import type { BrowserEnd, LaunchedBrowser } from './launched-browser.ts';
import { PageConnection } from './page-connection.ts';
import type { PageServer } from './page-server.ts';

/** From the start of the browser to the page's first message. */
const READY_MS = 60_000;
/** A page that does not come up is tried again in a new browser before the attempt fails. */
const STARTS = 2;
/** A browser that has run so many tasks makes way for a new one, with a new profile. */
const MAX_TASKS = 20;
/** A browser that is not needed for this long gives its memory back. */
const IDLE_MS = 30_000;

interface Open {
  launched: LaunchedBrowser;
  page: PageConnection;
  ready: RunnerReady;
  tasks: number;
  idle: NodeJS.Timeout | undefined;
}

/** One browser of the machine: started when it is needed, with a fresh profile, and one page that runs one task at a time. */
export class BrowserSession {
  readonly #browser: FoundBrowser;
  readonly #server: PageServer;
  #open: Open | undefined;

  constructor(browser: FoundBrowser, server: PageServer) {
    this.#browser = browser;
    this.#server = server;
  }

  /** What the page says of itself; starts the browser where it does not run. @throws TaskFailure when it does not come up */
  async ready(): Promise<RunnerReady> {
    const open = await this.#opened();
    this.#rest(open);
    return open.ready;
  }

  /**
   * Runs one task to its end; null when it did all. `check` sees what the page says of itself before anything is sent.
   * @throws TaskFailure when the browser does not come up
   */
  async run(
    task: RunnerTask,
    options: RunOptions,
    check: (ready: RunnerReady) => TaskError | null,
  ): Promise<TaskError | null> {
    const open = await this.#opened();
    const unfit = check(open.ready);
    if (unfit !== null) {
      await this.stop();
      return unfit;
    }
    open.tasks++;
    const error = await open.page.run(task, options);
    // A device or a page that has failed is not used again.
    const is_spent = error !== null && error.class !== 'bad_input' && error.class !== 'bad_model';
    if (is_spent || open.tasks >= MAX_TASKS || !open.page.is_usable) await this.#close(open);
    else this.#rest(open);
    return error;
  }

  async stop(): Promise<void> {
    if (this.#open !== undefined) await this.#close(this.#open);
  }

  async #opened(): Promise<Open> {
    const open = this.#open;
    if (open?.page.is_usable === true) {
      clearTimeout(open.idle);
      return open;
    }
    let reason = '';
    for (let start = 0; start < STARTS; start++) {
      try {
        this.#open = await this.#start();
        return this.#open;
      } catch (error) {
        reason = messageOf(error);
      }
    }
    const { title } = BROWSERS[this.#browser.name];
    const text = `${title} (${this.#browser.path}) was started ${STARTS} times, and its page did not come up: ${reason}`;
    throw new TaskFailure(taskError('crash', 'PAGE_NOT_STARTED', text));
  }

  async #start(): Promise<Open> {
    const connected = Promise.withResolvers<PageConnection>();
    let lost = (): void => undefined;
    const { url, forget } = this.#server.expectPage((socket) => {
      connected.resolve(new PageConnection(socket, () => lost()));
    });
    const launched = await launchBrowser(this.#browser, url).catch((error: unknown) => {
      forget();
      throw error;
    });
    const late = setTimeout(
      () => connected.reject(new Error(`the page stayed blank: it did not connect within ${READY_MS / 1000} s`)),
      READY_MS,
    );
    void launched.gone.then(({ how }) => connected.reject(new Error(how)));
    try {
      const page = await connected.promise;
      void launched.gone.then((end) => page.lose(endError(this.#browser, end)));
      const silent = setTimeout(
        () =>
          page.lose(
            taskError('crash', 'PAGE_NOT_STARTED', 'The page connected, and did not say what it can measure on.'),
          ),
        READY_MS,
      );
      const ready = await page.ready.finally(() => clearTimeout(silent));
      const open: Open = { launched, page, ready, tasks: 0, idle: undefined };
      lost = () => void this.#close(open);
      return open;
    } catch (error) {
      await launched.close();
      throw error;
    } finally {
      clearTimeout(late);
      forget();
    }
  }

  #rest(open: Open): void {
    clearTimeout(open.idle);
    open.idle = setTimeout(() => void this.#close(open), IDLE_MS);
    open.idle.unref();
  }

  async #close(open: Open): Promise<void> {
    clearTimeout(open.idle);
    if (this.#open === open) this.#open = undefined;
    await open.launched.close();
  }
}

/** A page that crashes says something of the model that it ran; a browser that ends, of the machine. */
function endError({ name }: FoundBrowser, { what, how }: BrowserEnd): TaskError {
  const { title } = BROWSERS[name];
  const next = 'The next attempt gets a new browser.';
  return what === 'page'
    ? taskError('crash', 'PAGE_CRASHED', `The page that measured in ${title} is gone: ${how}. ${next}`)
    : taskError('crash', 'BROWSER_LOST', `${title}, which measured, is gone: ${how}. ${next}`);
}
