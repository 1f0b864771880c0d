import { GATE_FIELDS, type Gate, type GateRule, gate, type WrittenGate } from '../contracts/gate.ts';
import { matchesPattern } from '../contracts/name-pattern.ts';
import type { AppliedGate } from '../contracts/verdict.ts';

/** What is written about gates where a run is judged. */
export interface WrittenGates {
  /** As the request has it, without defaults; empty where it names none. */
  request: WrittenGate;
  /** Of the server, in their order. */
  rules: readonly GateRule[];
}

/** The rule for a benchmark: one with its very name, else the first whose pattern fits. */
export function gateRuleFor(rules: readonly GateRule[], benchmark: string): GateRule | undefined {
  const name = benchmark.toLowerCase();
  return (
    rules.find((rule) => rule.benchmark.toLowerCase() === name) ??
    rules.find((rule) => matchesPattern(name, rule.benchmark.toLowerCase()))
  );
}

/** The gate of a benchmark: field by field what the request says, else the server, else the default. Pure. */
export function appliedGate({ request, rules }: WrittenGates, benchmark: string): AppliedGate & { gate: Gate } {
  const rule = gateRuleFor(rules, benchmark);
  const said = (written: WrittenGate | undefined): Array<keyof WrittenGate> =>
    GATE_FIELDS.filter((field) => written?.[field] !== undefined);
  const of_request = said(request);
  return {
    benchmark,
    gate: gate.parse({ ...rule?.gate, ...request }),
    of_request,
    of_server: said(rule?.gate).filter((field) => !of_request.includes(field)),
    server_rule: rule?.benchmark ?? null,
  };
}
