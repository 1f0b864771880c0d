import { taskError } from '@benchwire/shared/contracts/failure-classes.ts';
import type { Placement, TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';
import { PROVIDER_NODE_NAMES, type ProviderName } from './providers.ts';

/** Where the nodes of a model ran. A node inside of a loop counts once. */
export interface PlacedNodes {
  /** Distinct nodes by execution provider. */
  providers: Record<string, number>;
  /** Of those that compute: by execution provider and operator. */
  operators: Record<string, Record<string, number>>;
}

/** Nodes that move data, ask for shapes, or run other nodes, which have events of their own. */
const NO_COMPUTING = new Set(['MemcpyToHost', 'MemcpyFromHost', 'Shape', 'Size', 'If', 'Loop', 'Scan']);
/** Types that shapes, indexes and masks have. ONNX Runtime keeps such small arithmetic on the CPU, beside any device. */
const INDEX_TYPES = new Set(['int64', 'int32', 'bool']);
const MAX_INDEX_ELEMENTS = 65_536;

/**
 * Reads an ONNX Runtime profile (the JSON array in Chrome's trace format that `enableProfiling` writes). Throws on anything
 * that is no such profile. Pure.
 */
export function placedNodes(profile: string): PlacedNodes {
  const events: unknown = JSON.parse(profile);
  if (!Array.isArray(events)) throw new Error('the profile is not an array of events');
  const seen = new Set<string>();
  const placed: PlacedNodes = { providers: {}, operators: {} };
  for (const event of events) {
    const { cat, name, args } = event as { cat?: unknown; name?: unknown; args?: NodeArguments };
    if (cat !== 'Node' || typeof name !== 'string' || typeof args?.provider !== 'string') continue;
    const { provider } = args;
    const key = `${provider}\u0000${name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    placed.providers[provider] = (placed.providers[provider] ?? 0) + 1;
    if (!computes(args)) continue;
    const operator = typeof args.op_name === 'string' ? args.op_name : 'unknown';
    placed.operators[provider] ??= {};
    const of_provider = placed.operators[provider];
    of_provider[operator] = (of_provider[operator] ?? 0) + 1;
  }
  return placed;
}

interface NodeArguments {
  provider?: unknown;
  op_name?: unknown;
  /** `[{"float": [1, 3]}, …]`. */
  input_type_shape?: unknown;
  output_type_shape?: unknown;
}

function computes({ op_name, input_type_shape, output_type_shape }: NodeArguments): boolean {
  if (typeof op_name === 'string' && NO_COMPUTING.has(op_name)) return false;
  const tensors = [input_type_shape, output_type_shape].flatMap((list) => (Array.isArray(list) ? list : []));
  if (tensors.length === 0) return true;
  return !tensors.every((tensor: unknown) =>
    Object.entries(tensor ?? {}).every(
      ([type, shape]) =>
        INDEX_TYPES.has(type) &&
        Array.isArray(shape) &&
        shape.reduce((product: number, size) => product * Number(size), 1) <= MAX_INDEX_ELEMENTS,
    ),
  );
}

/** How many of the nodes that compute ran on another provider than the one asked for. Pure. */
export function placementOf(provider: ProviderName, { operators }: PlacedNodes): Placement {
  const asked = PROVIDER_NODE_NAMES[provider];
  const count = (of_provider: Record<string, number>): number =>
    Object.values(of_provider).reduce((sum, n) => sum + n, 0);
  const others = Object.entries(operators).filter(([name]) => name !== asked);
  const elsewhere = others.reduce((sum, [, of_provider]) => sum + count(of_provider), 0);
  const nodes = elsewhere + count(operators[asked] ?? {});
  return {
    provider: asked,
    nodes,
    elsewhere,
    share_elsewhere: nodes === 0 ? 0 : elsewhere / nodes,
    operators_elsewhere: Object.fromEntries(others),
  };
}

/**
 * Null when the provider asked for ran the model, as far as the task demands; otherwise what ran instead, as its error. Pure.
 * @param max_share - of the nodes that compute, how many may run elsewhere: 0 to 1
 */
export function proveProvider(provider: ProviderName, placed: PlacedNodes, max_share: number): TaskError | null {
  const asked = PROVIDER_NODE_NAMES[provider];
  if ((placed.providers[asked] ?? 0) === 0) {
    const instead = Object.entries(placed.providers).map(([name, count]) => `${count} on ${name}`);
    // A graph that is optimized away altogether runs nowhere, so on the CPU there is nothing to be wrong about.
    if (provider === 'cpu' && instead.length === 0) return null;
    return taskError(
      'device_error',
      'PROVIDER_NOT_USED',
      `No node of the model ran on ${asked}, the provider of the device; nodes ran: ${instead.join(', ') || 'none'}. ` +
        'A result would not be about this device, so nothing was measured.',
      false,
    );
  }
  const placement = placementOf(provider, placed);
  if (placement.share_elsewhere <= max_share) return null;
  const needed = Math.ceil(placement.share_elsewhere * 1000) / 1000;
  return taskError(
    'device_error',
    'PROVIDER_PARTLY_USED',
    `${elsewhereInWords(placement)}. config.max_other_provider_share allows ${percent(max_share)}, so nothing was measured: ` +
      `set it to ${needed} to measure the mixture, which the result then says.`,
    false,
  );
}

/** What a result has to say whose nodes did not all run on the device. */
export function placementNotes(placement: Placement): ValueNote[] {
  return placement.elsewhere === 0 ? [] : [noteOn('other_provider', elsewhereInWords(placement))];
}

/** Operators that are named, the most frequent first. */
const MAX_OPERATORS = 10;

function elsewhereInWords({ provider, nodes, elsewhere, share_elsewhere, operators_elsewhere }: Placement): string {
  const where = Object.entries(operators_elsewhere).map(([other, operators]) => {
    const listed = Object.entries(operators).toSorted(([, a], [, b]) => b - a);
    const rest = listed.length - MAX_OPERATORS;
    const names = listed.slice(0, MAX_OPERATORS).map(([name, count]) => `${name} (${count})`);
    return `on ${other}: ${names.join(', ')}${rest > 0 ? ` and ${rest} more operators` : ''}`;
  });
  return `${elsewhere} of ${nodes} compute nodes (${percent(share_elsewhere)}) ran not on ${provider} but ${where.join('; ')}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
