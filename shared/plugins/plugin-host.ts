import type { PluginDescription } from '../contracts/plugin.ts';
import { PluginError } from './plugin-error.ts';
import { type CallOptions, type PluginModule, PluginProcess } from './plugin-process.ts';

/** A plug-in whose manifest and configuration are right. */
export type LoadedPlugin = PluginDescription & PluginModule;

/** One call of a plug-in in a process of its own that ends with the call: what it leaks ends with it. @throws PluginError */
export async function callPlugin(
  plugin: PluginModule,
  method: string,
  input: unknown,
  options: CallOptions & { onPrint?: (line: string) => void } = {},
): Promise<unknown> {
  const process = new PluginProcess(plugin, options.onPrint);
  try {
    return await process.call(method, input, options);
  } finally {
    await process.stop();
  }
}

/** What a plug-in says of itself. @throws PluginError where it cannot be used */
export async function describePlugin(plugin: PluginModule): Promise<PluginDescription> {
  const process = new PluginProcess(plugin);
  try {
    return await process.describe();
  } finally {
    await process.stop();
  }
}

export interface PluginHostOptions {
  /** Called with everything that goes wrong. */
  onFault?: (error: PluginError) => void;
  onPrint?: (line: string) => void;
}

/** A plug-in whose process stays from call to call. After one that ended it, the next call starts another. */
export class PluginHost {
  readonly plugin: LoadedPlugin;
  readonly #options: PluginHostOptions;
  #process: PluginProcess | undefined;
  #stopped = false;

  constructor(plugin: LoadedPlugin, options: PluginHostOptions = {}) {
    this.plugin = plugin;
    this.#options = options;
  }

  /** @throws PluginError */
  async call(method: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
    try {
      if (this.#stopped) throw new PluginError(this.plugin.module, 'was stopped', { fault: 'exits' });
      if (this.#process?.is_usable !== true) this.#process = new PluginProcess(this.plugin, this.#options.onPrint);
      return await this.#process.call(method, input, options);
    } catch (error) {
      if (error instanceof PluginError && !this.#stopped) this.#options.onFault?.(error);
      throw error;
    }
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#process?.stop();
  }
}
