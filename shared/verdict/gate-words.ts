import type { WrittenGate } from '../contracts/gate.ts';
import type { AppliedGate } from '../contracts/verdict.ts';

/** Where the fields of a gate are from, in words: `on_slower warn (request), metrics latency_ms (server's gate for nightly-*)`. */
export function gateWords({ gate, of_request, of_server, server_rule }: AppliedGate): string {
  const words = (fields: readonly string[], from: string): string[] =>
    fields.map((field) => {
      return `${field} ${gateValueWords(gate[field as keyof WrittenGate])} (${from})`;
    });
  const parts = [...words(of_request, 'request'), ...words(of_server, `server's gate for ${server_rule}`)];
  return parts.length === 0 ? 'default gate' : `${parts.join(', ')}, else default`;
}

/** The value of a gate's field in words. */
export function gateValueWords(value: WrittenGate[keyof WrittenGate]): string {
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value !== 'object') return String(value);
  const pairs = value.pairs === undefined ? '' : ` or ${value.pairs} pairs`;
  return `${value.runs} runs${pairs} in ${value.seconds} s`;
}
