import type { ProviderName } from './providers.ts';

/** A backend that ONNX Runtime says it was built with; one that is not bundled needs a library that may be missing. */
interface Backend {
  name: string;
  bundled: boolean;
}

export type ProviderTrial =
  | { usable: true /** What the child printed beside its answer. */; said: string }
  | {
      usable: false;
      reason: string;
      /** The process did not live to tell. */
      crashed: boolean;
    };

/** ONNX Runtime as it is installed here. */
export interface OnnxRuntime {
  version: string;
  backends: readonly Backend[];
  /** Creates a session with a provider and runs it, in a process of its own. Tried once for each set of variables. */
  try(provider: ProviderName, variables?: Readonly<Record<string, string>>): Promise<ProviderTrial>;
  /** The next trial of each provider is a new one: the machine has changed. */
  forget(): void;
}
