import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import type { StreamPublisher } from '@benchwire/shared/runtime/stream-writer.ts';
import type { FleetClock } from '../clock.ts';
import type { ExecutorContext, Executors } from '../executors/executor.ts';
import type { LoadSampler } from '../load.ts';
import type { Telemetry } from '../telemetry.ts';
import type { CheckpointStore } from './checkpoints.ts';
import type { CpuEnergy } from './cpu-energy.ts';

/** What attempts are run with. */
export interface AttemptServices {
  worker_id: string;
  clock: FleetClock;
  client: StreamPublisher;
  /** What the server takes as one message, in bytes. */
  max_payload: () => number;
  executors: Executors;
  load: LoadSampler;
  energy: CpuEnergy;
  telemetry: Telemetry;
  checkpoints: CheckpointStore;
  findFresh: ExecutorContext['findFresh'];
  /** How long the devices have been kept from work since a time, and what is over its limit now though they work. */
  device_care: {
    waitedSince(from_ms: number): number;
    inSpiteOf(): string | undefined;
    /** What of a device is another thing than what it was registered with. */
    changed(device: Device): string | undefined;
  };
  log: Log;
  /** How long an executor may take to settle after an abort. */
  abort_patience_ms: number;
  /** Called for an executor that doesn't: its device can't be trusted any more. */
  onStuck: (attempt_id: string) => void;
}
