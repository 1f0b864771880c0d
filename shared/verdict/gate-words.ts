import type { AppliedGate } from '../contracts/verdict.ts';

/** Where the fields of a gate are from, in words: `on_slower warn (request), metrics latency_ms (server's gate for nightly-*)`. */
export function gateWords({ gate, of_request, of_server, server_rule }: AppliedGate): string {
  const words = (fields: readonly string[], from: string): string[] =>
    fields.map((field) => {
      const value = (gate as Readonly<Record<string, unknown>>)[field];
      return `${field} ${Array.isArray(value) ? value.join(' ') : value} (${from})`;
    });
  const parts = [...words(of_request, 'request'), ...words(of_server, `server's gate for ${server_rule}`)];
  return parts.length === 0 ? 'default gate' : `${parts.join(', ')}, else default`;
}
