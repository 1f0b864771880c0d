import type { Device } from '@benchwire/shared/contracts/worker.ts';

/** Whether a page measures on the device, which the worker says in its label. */
export function isOfBrowser({ labels, environment }: Pick<Device, 'labels' | 'environment'>): boolean {
  return labels.browser !== undefined && environment.browser !== undefined;
}
