import type { RunnerMessage } from '@benchwire/shared/contracts/runner.ts';

export type PlacedNodes = NonNullable<Extract<RunnerMessage, { type: 'loaded' }>['placed']>;

/** Nodes that move data, ask for shapes, or run other nodes, which are listed themselves. */
const NO_COMPUTING = new Set(['MemcpyToHost', 'MemcpyFromHost', 'Shape', 'Size', 'If', 'Loop', 'Scan']);

/**
 * Which execution provider each node was placed on, from what ONNX Runtime logs at its most talkative while it creates a
 * session. Nodes that it puts on the processor although the device could run them (the arithmetic of shapes) do not
 * count as computing. Pure.
 */
export function placedNodes(lines: readonly string[]): PlacedNodes {
  const placed: PlacedNodes = { providers: {}, operators: {} };
  const of_shapes = new Set(
    lines.flatMap((line) => /Force fallback to CPU execution for node: (.+?) because/.exec(line)?.[1] ?? []),
  );
  let provider: string | undefined;
  for (const line of lines) {
    if (!line.includes('VerifyEachNodeIsAssignedToAnEp')) continue;
    const head = /placed on \[([^\]]+)\]\. Number of nodes: (\d+)/.exec(line);
    if (head !== null) {
      provider = head[1] ?? '';
      const nodes = Number(head[2]);
      placed.providers[provider] = (placed.providers[provider] ?? 0) + nodes;
      // Where all are in one place they are not listed.
      if (line.includes('All nodes')) placed.operators[provider] = { all: nodes };
      continue;
    }
    const [, operator, name] = /VerifyEachNodeIsAssignedToAnEp\]\s+(\S+) \((.*)\)\s*$/.exec(line) ?? [];
    if (provider === undefined || operator === undefined || name === undefined) continue;
    if (NO_COMPUTING.has(operator) || of_shapes.has(name)) continue;
    const of_provider = placed.operators[provider] ?? {};
    placed.operators[provider] = of_provider;
    of_provider[operator] = (of_provider[operator] ?? 0) + 1;
  }
  return placed;
}

/** What is being listened to. */
let heard: string[] | undefined;

/**
 * Listens to the console, the only place that the log of WebAssembly has. To be called before ONNX Runtime is loaded, which keeps the
 * functions that it finds.
 */
export function listenToConsole(): void {
  for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    const original = console[method].bind(console);
    console[method] = (...parts: unknown[]) => {
      if (heard === undefined) original(...parts);
      else heard.push(parts.join(' '));
    };
  }
}

/** What is written to the console while `action` runs. */
export async function listened<T>(action: () => Promise<T>): Promise<{ result: T; lines: string[] }> {
  const lines: string[] = [];
  heard = lines;
  try {
    return { result: await action(), lines };
  } finally {
    heard = undefined;
  }
}
