/** Who uses the machine: tasks of its own devices side by side, or one task in a browser alone. */
export interface MachineUse {
  /** Devices that a task runs on, with how it uses the machine. */
  users: ReadonlyMap<string, { is_alone: boolean; count: number }>;
  /** Devices whose next task waits for the machine, with since when, and when they were last heard. */
  waiting: ReadonlyMap<string, Waiting>;
}

interface Waiting {
  is_alone: boolean;
  since_ms: number;
  heard_ms: number;
}

export const UNUSED: MachineUse = { users: new Map(), waiting: new Map() };

/** One that has not asked again for this long has nothing to run any more. */
const FORGET_MS = 5000;

/**
 * Whether a device's next task may begin. A page computes on the processors that everything else needs, so that a task in a browser
 * runs alone; tasks that wait get the machine in the order in which they asked for it. Pure.
 */
export function takeMachine(
  { users, waiting }: MachineUse,
  device_id: string,
  is_alone: boolean,
  now_ms: number,
): { is_taken: boolean; use: MachineUse } {
  const others = new Map(
    [...waiting].filter(([id, { heard_ms }]) => id !== device_id && now_ms - heard_ms <= FORGET_MS),
  );
  const since_ms = waiting.get(device_id)?.since_ms ?? now_ms;
  const conflicts = (other: { is_alone: boolean }): boolean => is_alone || other.is_alone;
  const is_held = [...users].some(([id, user]) => id !== device_id && conflicts(user));
  const is_behind = [...others.values()].some((other) => conflicts(other) && other.since_ms < since_ms);
  if (is_held || is_behind) {
    return {
      is_taken: false,
      use: { users, waiting: others.set(device_id, { is_alone, since_ms, heard_ms: now_ms }) },
    };
  }
  const count = (users.get(device_id)?.count ?? 0) + 1;
  return { is_taken: true, use: { users: new Map(users).set(device_id, { is_alone, count }), waiting: others } };
}

/** The task of a device has ended. Pure. */
export function leaveMachine({ users, waiting }: MachineUse, device_id: string): MachineUse {
  const left = new Map(users);
  const user = left.get(device_id);
  if (user === undefined || user.count <= 1) left.delete(device_id);
  else left.set(device_id, { ...user, count: user.count - 1 });
  return { users: left, waiting };
}
