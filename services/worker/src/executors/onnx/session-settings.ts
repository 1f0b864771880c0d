import type { InputWishes } from './input-plan.ts';
import type { ProviderName } from './providers.ts';

/** What a session and its inputs are made from. */
export interface SessionSettings {
  model_path: string;
  /** The graph and what it names: what loading reads. */
  model_files: readonly string[];
  /** For messages. */
  model_name: string;
  provider: ProviderName;
  intra_op_num_threads: number | null;
  inter_op_num_threads: number | null;
  wishes: InputWishes;
  seed: number;
}
