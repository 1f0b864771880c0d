import { z } from 'zod';

/** What zod calls the types and formats that our contracts use. */
const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  datetime: 'a time such as 2026-11-22T06:00:00.000Z',
  date: 'a date such as 2026-11-22',
  url: 'a URL',
  base64: 'base64',
  base64url: 'base64url',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  email: 'an e-mail address',
};
/** What people call a type of JSON. */
export const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'null',
  nan: 'NaN',
};

/**
 * What is wrong with a value, in words that follow its path or name: `takes at most 100, not 200`. For every schema that has no
 * words of its own, so that nobody reads those of the library.
 */
function zodWords(problem: z.core.$ZodRawIssue): string {
  switch (problem.code) {
    case 'invalid_type': {
      const expected = TYPE_WORDS[problem.expected] ?? problem.expected;
      return problem.input === undefined ? `is missing: it takes ${expected}` : `takes ${expected}`;
    }
    case 'invalid_value':
      return problem.values.length === 1
        ? `takes only ${String(problem.values[0])}`
        : `takes one of ${problem.values.map(String).join(', ')}`;
    case 'too_small':
      return limitWords(problem, problem.inclusive === false ? 'more than' : 'at least', problem.minimum);
    case 'too_big':
      return limitWords(problem, problem.inclusive === false ? 'less than' : 'at most', problem.maximum);
    case 'not_multiple_of':
      return problem.divisor === 1 ? 'takes a whole number' : `takes a multiple of ${problem.divisor}`;
    case 'invalid_format':
      return formatWords(problem);
    case 'unrecognized_keys':
      return problem.keys.length === 1
        ? `has the unknown field "${problem.keys[0]}"`
        : `has the unknown fields ${problem.keys.map((key) => `"${key}"`).join(', ')}`;
    case 'invalid_key':
      return 'has a name that is not valid here';
    case 'invalid_element':
      return 'has an entry that is not valid';
    case 'invalid_union':
      return 'has none of the forms that are possible here';
    default:
      return 'is not valid';
  }
}

function limitWords(problem: z.core.$ZodRawIssue, limit: string, bound: number | bigint): string {
  const { origin, input } = problem;
  const how = 'exact' in problem && problem.exact === true ? 'exactly' : limit;
  if (origin === 'string') return `takes ${how} ${counted(bound, 'character')}${lengthOf(input)}`;
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return `takes ${how} ${bound === 1 || bound === 1n ? '1 entry' : `${bound} entries`}${lengthOf(input)}`;
  return `takes ${how} ${bound}${typeof input === 'number' ? `, not ${input}` : ''}`;
}

const counted = (n: number | bigint, one: string): string => `${n} ${n === 1 || n === 1n ? one : `${one}s`}`;

function lengthOf(input: unknown): string {
  return typeof input === 'string' || Array.isArray(input) ? `, and this has ${input.length}` : '';
}

function formatWords(problem: z.core.$ZodRawIssue & { format: string }): string {
  const { format, pattern, prefix, suffix, includes } = problem as { format: string } & Record<string, unknown>;
  if (format === 'starts_with') return `must begin with ${String(prefix)}`;
  if (format === 'ends_with') return `must end with ${String(suffix)}`;
  if (format === 'includes') return `must contain ${String(includes)}`;
  if (format === 'regex') return `does not match ${String(pattern)}`;
  return `is not ${FORMATS[format] ?? `a valid ${format}`}`;
}

z.config({ customError: zodWords });
