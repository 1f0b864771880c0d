import type { RunnerMessage, RunnerTask } from '@benchwire/shared/contracts/runner.ts';

type Said<Message> = Message extends { id: string } ? Omit<Message, 'id'> : never;

/** What the thread that measures says of its task: the protocol's messages, to which the page adds the task's id. */
export type FromTask = Said<Exclude<RunnerMessage, { type: 'ready' | 'ended' | 'started' }>>;

/** What the worker puts into `options` of a task. */
export interface TaskFiles {
  model: ServedFile;
  /** Files beside the model that hold its weights, by the name that the model calls them. */
  external: Array<ServedFile & { path: string }>;
  /** The elements of each input, by batch size. */
  feeds: Record<string, Feed[]>;
  /** Null for ONNX Runtime's own choice. */
  threads: number | null;
  /** Of WebNN. */
  device_type: 'cpu' | 'gpu' | 'npu' | null;
}

interface ServedFile {
  url: string;
  bytes: number;
}

export interface Feed extends ServedFile {
  name: string;
  type: string;
  shape: number[];
}

/** `continue`: the last window has been sent. */
export type ToTask = { task: RunnerTask; files: TaskFiles } | 'continue';
