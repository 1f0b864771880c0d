import type { QuantizeConfig } from '@benchwire/shared/contracts/task.ts';
import type { SessionSettings } from '../onnx/session-settings.ts';

/** The first message to a child that quantizes. */
export interface QuantizeStart extends SessionSettings {
  type: 'start';
  to: QuantizeConfig['to'];
  block_size: number;
  max_error: number;
  samples: number;
  /** Where the model is to be written. */
  output_path: string;
}

/** What became of a model. */
export interface Quantized {
  /** Of the file, and of the graph and all files that it was made of. */
  size_bytes: number;
  original_bytes: number;
  /** Matrices, or for fp16 tensors, by the format that they are stored in now. */
  stored: Record<string, number>;
  /** Those that stay as they are, by why. */
  left: Record<string, number>;
  /** Energy of the weights over that of their error, in decibels; null where there is no error. */
  weights_snr_db: number | null;
  /** Of a quantized cache. */
  kv_cache: KvCacheError | null;
  /** What the outputs are off by, on generated inputs. */
  outputs: OutputError | null;
  /** Why there is no `outputs`, or what limits it. */
  notes: string[];
  onnxruntime_version: string;
}

/** A decoder's cache in few bits, at the sizes that it was compared at. */
interface KvCacheError {
  bytes: number;
  original_bytes: number;
  /** Energy of the cache that the model gives over that of its error, in decibels; null where there is no error. */
  snr_db: number | null;
}

export interface OutputError {
  /** As for the weights. */
  snr_db: number | null;
  cosine: number;
  /** Root of the mean square of the error, over that of the outputs. */
  relative_error: number;
  /** Share of the rows (the last dimension) whose largest value is at the same place; null where no output has rows. */
  top1_agreement: number | null;
  samples: number;
}
