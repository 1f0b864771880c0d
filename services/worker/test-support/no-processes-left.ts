import { expect, vi } from 'vitest';

/** Waits until this process holds no child process; fails when one stays. */
export async function noProcessesLeft(): Promise<void> {
  const children = (): string[] => process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap');
  await vi.waitFor(() => expect(children()).toEqual([]), { timeout: 5000 });
}
