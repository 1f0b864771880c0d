import { describe, expect, it } from 'vitest';
import { costIssue } from './sql-cost.ts';
import { syntaxTreeOf } from './syntax-tree.ts';

/** A call as `EXPLAIN AST` shows it. */
const call = (name: string, ...given: string[]) =>
  costIssue(
    syntaxTreeOf([
      'SelectQuery (children 1)',
      ` Function ${name} (children 1)`,
      `  ExpressionList (children ${given.length})`,
      ...given.map((each) => `   ${each}`),
    ]),
  )?.message;

describe('the cost of a statement', () => {
  it.each([
    ['repeat', 'Identifier model', 'Literal UInt64_20'],
    ['repeat', "Literal 'x'", 'Literal UInt64_10000'],
    ['match', 'Identifier model', "Literal '^bert-(base|large){1,3}'"],
    ['multiMatchAny', 'Identifier model', "Literal Array_['a', 'b\\'c']"],
    ['concat', "Literal '{100000}'", 'Identifier model'],
    ['constructor', "Literal '{100000}'"],
  ])('is fine for %s(%s, %s)', (name, ...given) => {
    expect(call(name, ...given.filter((each) => each !== undefined))).toBeUndefined();
  });

  it.each([
    ['repeat', "Literal 'x'", 'Literal UInt64_1000000', 'up to 10000'],
    ['REPEAT', "Literal 'x'", 'Identifier number', 'least'],
    ['randomString', 'Literal UInt64_100000000', '', 'up to 10000'],
    ['extractAll', 'Identifier logs', "Literal '(a?){1001}b'", 'counted repetitions'],
    ['match', 'Identifier logs', "Literal '((a{20}){20}){20}'", 'counted repetitions'],
    ['match', 'Identifier logs', `Literal '${'a'.repeat(501)}'`, '500 characters'],
    ['match', 'Identifier logs', 'Function concat', 'written out'],
    ['multiMatchAny', 'Identifier logs', `Literal Array_[${"'a', ".repeat(101)}'a']`, 'at most 100 patterns'],
  ])('is too much for %s(%s, %s)', (name, first, second, why) => {
    expect(call(name, ...[first, second].filter((each) => each !== ''))).toContain(why);
  });
});
