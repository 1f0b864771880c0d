import type { RunVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { gateWords } from '@benchwire/shared/verdict/gate-words.ts';
import type { CliContext } from '../context.ts';
import { wrap } from '../terminal/text-width.ts';
import { formatVerdict, type VerdictFormat } from './verdict-formats.ts';
import { verdictLines, verdictReasons } from './verdict-lines.ts';

/** Prints a verdict that was asked for by itself: all of it, with the reasons. */
export function printVerdict(
  context: CliContext,
  verdict: RunVerdict,
  format: VerdictFormat | undefined,
  url: string | undefined,
): void {
  const { out, style, json } = context;
  if (json || format !== undefined) {
    out.line(json || format === undefined ? JSON.stringify(verdict) : formatVerdict(verdict, format, url));
    return;
  }
  out.lines(verdictLines(verdict, style, out.columns, Number.POSITIVE_INFINITY));
  const reasons = verdictReasons(verdict).flatMap((reason) => wrap(reason, out.columns ?? 120));
  if (reasons.length > 0) out.lines(['', ...reasons]);
  const gates = verdict.gates.map((gate) => `gate of ${gate.benchmark}: ${gateWords(gate)}`);
  if (gates.length > 0) out.lines(['', ...gates.flatMap((line) => wrap(line, out.columns ?? 120)).map(style.dim)]);
  if (!verdict.is_final) out.line(style.yellow('the run goes on: this is about what was measured so far'));
  if (url !== undefined) out.line(style.dim(url));
}
