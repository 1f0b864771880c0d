import { BenchwireError } from '../runtime/errors.ts';

/**
 * How a plug-in went wrong: `manifest`: it or its configuration is wrong, whatever it is called with; `throws`: a call failed, the process
 * goes on; all others ended the process.
 */
export const PLUGIN_FAULTS = ['manifest', 'throws', 'hangs', 'memory', 'exits', 'protocol'] as const;
export type PluginFault = (typeof PLUGIN_FAULTS)[number];

export interface PluginErrorOptions {
  fault: PluginFault;
  /** Whether another call may go well. */
  retriable?: boolean;
  /** The plug-in says that nothing is taken before. */
  retry_after_ms?: number | undefined;
}

/** A plug-in did not do what it was called for. The message names it. */
export class PluginError extends BenchwireError {
  readonly fault: PluginFault;
  readonly retry_after_ms: number | undefined;

  constructor(
    plugin: string,
    what: string,
    { fault, retriable = fault !== 'manifest', retry_after_ms }: PluginErrorOptions,
  ) {
    super('PLUGIN_FAILED', `plug-in ${plugin}: ${what}`, { retriable });
    this.name = 'PluginError';
    this.fault = fault;
    this.retry_after_ms = retry_after_ms;
  }
}
