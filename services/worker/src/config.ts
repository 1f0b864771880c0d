import { delimiter } from 'node:path';
import { ENV_ALLOW_ENTRY, isNeverAllowed } from '@benchwire/shared/contracts/command-environment.ts';
import { hardwareClass, labels } from '@benchwire/shared/contracts/hardware.ts';
import { token } from '@benchwire/shared/contracts/ids.ts';
import { INBOX_PREFIX } from '@benchwire/shared/contracts/roles.ts';
import { WORKER_EXECUTORS } from '@benchwire/shared/contracts/task.ts';
import { pluginVariables } from '@benchwire/shared/plugins/service-plugins.ts';
import {
  flag,
  inboxPrefix,
  keyValues,
  list,
  natsVariables,
  redisVariables,
  secret,
  serviceVariables,
} from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';
import { readWanted, WANTED_IN_WORDS, type WantedBrowser } from './browsers/browser-kinds.ts';
import { configuredDevices } from './devices/configured.ts';
import { isAllowEntry } from './executors/onnx/public-addresses.ts';

const number = z.coerce.number();
const folders = z.string().transform((text) => text.split(delimiter).filter((entry) => entry !== ''));

/** The worker's configuration. Nothing but the `noop` and `onnx` executors is open by default. */
export const workerConfig = z.object({
  ...natsVariables,
  /** A worker's NATS user need not see the answers that others get. */
  NATS_INBOX_PREFIX: inboxPrefix.prefault(INBOX_PREFIX.worker),
  ...redisVariables,
  ...serviceVariables,
  ...pluginVariables,

  /** `worker-<hostname>` when absent, with a number behind it where that is taken. */
  WORKER_ID: token.optional(),
  /** Hardware classes to offer out of those found; all when absent. */
  WORKER_CLASSES: list.pipe(z.array(hardwareClass)).optional(),
  /** Devices that can't be detected, as a JSON list: `[{"class":"npu","name":"Acme NPU","memory_gb":8}]`. */
  WORKER_DEVICES: configuredDevices.prefault('[]'),
  /**
   * Browsers whose devices are offered (docs/browsers.md): `auto` for all that are installed, or names, each with its program where
   * that is not the usual one. None when empty.
   */
  WORKER_BROWSERS: list
    .transform((entries, context) =>
      entries.flatMap((entry): WantedBrowser[] => {
        const wanted = readWanted(entry);
        if (wanted === undefined)
          context.addIssue({ code: 'custom', message: `${WANTED_IN_WORDS}; this is "${entry}"` });
        return wanted === undefined ? [] : [wanted];
      }),
    )
    .prefault(''),
  /** How often the machine's devices are looked at again; 0 for never. */
  WORKER_DETECT_SECONDS: number.pipe(z.number().min(0).max(86_400)).prefault(30),
  /** Attempts at once per detected device. More than one disturbs measurements. */
  WORKER_SLOTS: number.pipe(z.int().min(1).max(1000)).prefault(1),
  WORKER_LABELS: keyValues.pipe(labels).prefault(''),
  WORKER_EXECUTORS: list.pipe(z.array(z.enum(WORKER_EXECUTORS)).min(1)).prefault(WORKER_EXECUTORS.join(',')),

  /** Programs for the `command` executor, by name or absolute path; `*` for any; empty: the executor is not offered. */
  WORKER_COMMANDS: list.prefault(''),
  /** Variables that every program gets, key=value. */
  WORKER_COMMAND_ENV: secret(keyValues).prefault(''),
  /** Variables that a task may set: names, beginnings of names with `*`, `default` for the list of shared/contracts/command-environment.ts. */
  WORKER_COMMAND_ENV_ALLOW: list
    .pipe(
      z.array(
        z
          .string()
          .regex(ENV_ALLOW_ENTRY, 'takes names, beginnings of names with a * at the end, and the word default')
          .refine((name) => !isNeverAllowed(name), {
            error: ({ input }) =>
              `no task may ever set ${String(input)}; to set it for every program use WORKER_COMMAND_ENV`,
          }),
      ),
    )
    .prefault('default'),
  /** Upper bound of the memory of what a task runs; a task can only set a lower one. 80 % of the machine's when absent. */
  WORKER_MAX_MEMORY_MB: number.pipe(z.int().min(16)).optional(),
  /** Processes at once of one `command` task; 32 for each processor, and 256 at least, when absent. */
  WORKER_COMMAND_MAX_PROCESSES: number.pipe(z.int().min(1)).optional(),
  /** What a `command` task may put into its own folder; half of what is free there at the start, and 20 GB at most, when absent. */
  WORKER_COMMAND_MAX_DISK_MB: number.pipe(z.number().positive()).optional(),
  /** How programs are kept from the stack's other processes and files: `off`, `auto` (what this machine can), `require`. */
  WORKER_COMMAND_ISOLATION: z.enum(['auto', 'off', 'require']).prefault('auto'),
  /** Folders that no program sees, separated like PATH; such as that of the local stack's data. */
  WORKER_COMMAND_HIDE: folders.prefault(''),
  /** Whom programs run as, when root starts the worker: a user of the system, or uid:gid. */
  WORKER_COMMAND_USER: z.string().optional(),
  /** What a program may print in all. */
  WORKER_COMMAND_MAX_OUTPUT_MB: number.pipe(z.number().positive().max(1_000_000)).prefault(256),
  /** Between SIGTERM and SIGKILL when a program has to end. */
  WORKER_KILL_GRACE_SECONDS: number.pipe(z.number().min(0).max(600)).prefault(2),

  /** Lets a `noop` task with `behaviour: exit` end this process: for tests of crash safety. */
  WORKER_NOOP_MAY_EXIT: flag.prefault('false'),

  /** Folders that model paths have to lie in, separated like PATH. */
  WORKER_MODEL_DIRS: folders.prefault(''),
  /** Downloaded models; a folder of this user's own. `benchwire/models` in the user's folder for caches when absent. */
  WORKER_CACHE_DIR: z.string().optional(),
  /** Hosts that models are downloaded from though their addresses are not public: names, `*.name`, addresses, ranges. */
  WORKER_MODEL_URL_ALLOW: list
    .pipe(
      z.array(
        z
          .string()
          .refine(isAllowEntry, 'takes names, *.name, addresses and ranges such as 10.1.0.0/16, comma-separated'),
      ),
    )
    .prefault(''),
  /** Largest model that is downloaded. */
  WORKER_MAX_MODEL_MB: number.pipe(z.int().min(1)).prefault(16_384),
  /** Files of requests that this worker keeps; those go first that were used longest ago. */
  WORKER_FILES_MAX_MB: number.pipe(z.int().min(1)).prefault(10_240),

  /** Environments of runners, as `bw runner install` makes them; `runners` in the data folder when absent. */
  WORKER_RUNNERS_DIR: z.string().optional(),

  /** Above it no tasks are taken until the machine has cooled by 5 °C: processor, and NVIDIA GPUs where they are offered. */
  WORKER_MAX_TEMPERATURE_CELSIUS: number.pipe(z.number().min(20).max(150)).optional(),
  /** Processor time that others may use, in percent of the machine; above it no tasks are taken until it is 10 % less. */
  WORKER_MAX_FOREIGN_LOAD_PERCENT: number.pipe(z.number().min(1).max(100)).optional(),
  /** After waiting for so long tasks are taken in spite of these limits, and their results say so. */
  WORKER_MAX_WAIT_SECONDS: number.pipe(z.number().min(1).max(86_400)).prefault(300),

  HEARTBEAT_INTERVAL_SECONDS: number.pipe(z.number().min(0.1).max(3600)).prefault(1),
});
export type WorkerConfig = z.infer<typeof workerConfig>;
