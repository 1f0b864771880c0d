import type { Absence, Capabilities } from '@benchwire/shared/contracts/worker.ts';
import type { Fleet, WorkerAbsence, WorkerState } from './fleet.ts';

/** A registered worker that is not there, of which nobody has been told. */
export interface UntoldAbsence extends WorkerAbsence {
  capabilities: Capabilities;
  /** The same for every leader that tells it. */
  event_id: string;
}

/** What was told of workers that are registered and not heard: a fold over the bucket `absences`. */
export class Absences {
  readonly #told = new Map<string, Absence>();
  /** Whether everything that the bucket held at the start is known; nothing is told before. */
  is_known = false;

  apply(entry: Absence): void {
    this.#told.set(entry.worker_id, entry);
  }

  remove(worker_id: string): void {
    this.#told.delete(worker_id);
  }

  /** Workers that are lost, or left without taking back their entry, and have not been told so. */
  untold(fleet: Fleet, now: number): UntoldAbsence[] {
    if (!this.is_known) return [];
    const found: UntoldAbsence[] = [];
    for (const capabilities of fleet.registrations()) {
      const told = this.#toldOf(capabilities);
      if (told !== undefined && told.state !== 'here') continue;
      const absence = fleet.absenceOf(capabilities, now);
      if (absence === undefined) continue;
      const { worker_id, boot_id } = capabilities;
      found.push({ ...absence, capabilities, event_id: `${worker_id}.${boot_id}.lost.${told?.at ?? 'first'}` });
    }
    return found;
  }

  /** Workers that were told lost, and are heard again without having been started anew. */
  returned(fleet: Fleet): Array<{ worker: WorkerState; told: Absence }> {
    if (!this.is_known) return [];
    return [...this.#told.values()].flatMap((told) => {
      if (told.state !== 'lost') return [];
      const worker = fleet.worker(told.worker_id);
      return worker === undefined || worker.boot_id !== told.boot_id ? [] : [{ worker, told }];
    });
  }

  #toldOf({ worker_id, boot_id }: Capabilities): Absence | undefined {
    const told = this.#told.get(worker_id);
    return told?.boot_id === boot_id ? told : undefined;
  }
}
