import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { PROVIDER_NODE_NAMES, type ProviderName } from './providers.ts';

/**
 * Distinct nodes that ran per execution provider, of an ONNX Runtime profile (the JSON array in Chrome's trace format
 * that `enableProfiling` writes). A node inside of a loop counts once. Throws on anything that is no such profile.
 */
export function nodesPerProvider(profile: string): Record<string, number> {
  const events: unknown = JSON.parse(profile);
  if (!Array.isArray(events)) throw new Error('the profile is no array of events');
  const nodes = new Map<string, Set<string>>();
  for (const event of events) {
    const { cat, name, args } = event as { cat?: unknown; name?: unknown; args?: { provider?: unknown } };
    if (cat !== 'Node' || typeof name !== 'string' || typeof args?.provider !== 'string') continue;
    const seen = nodes.get(args.provider) ?? new Set();
    nodes.set(args.provider, seen.add(name));
  }
  return Object.fromEntries([...nodes].map(([provider, names]) => [provider, names.size]));
}

/** Null when the provider asked for ran at least one node; otherwise what ran instead, as the task's error. */
export function proveProvider(provider: ProviderName, ran: Record<string, number>): TaskError | null {
  const asked = PROVIDER_NODE_NAMES[provider];
  if ((ran[asked] ?? 0) > 0) return null;
  const instead = Object.entries(ran).map(([name, count]) => `${count} on ${name}`);
  // A graph that is optimized away altogether runs nowhere, so on the CPU there is nothing to be wrong about.
  if (provider === 'cpu' && instead.length === 0) return null;
  return taskError(
    'device_error',
    'PROVIDER_NOT_USED',
    `No node of the model ran on ${asked}, which the device stands for; nodes ran: ${instead.join(', ') || 'none'}. ` +
      'A result would not be about this device, so nothing was measured.',
    false,
  );
}
