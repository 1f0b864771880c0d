/** Stands in a loose object for a number that JSON does not have. */
const NOT_A_NUMBER = '\u0000not a number:';

/** What stands for a number that is none, as it was written: `NaN`, `-inf`; undefined for every other value. */
export function notANumber(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(NOT_A_NUMBER) ? value.slice(NOT_A_NUMBER.length) : undefined;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<double>[bu]?"(?:[^"\\]|\\.)*")`,
    String.raw`(?<single>[bu]?'(?:[^'\\]|\\.)*')`,
    String.raw`(?<nan>[+-]?(?:nan|inf(?:inity)?)\b)`,
    String.raw`(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.]))`,
    String.raw`(?<wrapper>(?:[a-z_]\w*\.)*(?:float\d*|double|half|int\d*|uint\d*|tensor|decimal|scalar|array)\()`,
    String.raw`(?<name>[a-z_$][\w$.-]*)`,
    String.raw`(?<mark>[{}[\]:,()])`,
  ].join('|'),
  'iy',
);

const CONSTANTS: Readonly<Record<string, string>> = { true: 'true', false: 'false', none: 'null', null: 'null' };

/**
 * An object or list as other languages print it, as JSON: single quotes, `True`/`None`, commas before a closing bracket, names
 * without quotes, tuples, `np.float64(41.3)`, `NaN`. One pass, nothing is guessed.
 * @returns undefined where a token is none of that
 */
export function looseToJson(text: string): string | undefined {
  const out: string[] = [];
  const open: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const { space, double, single, nan, number, wrapper, name, mark } = groups;
    if (space !== undefined) continue;
    if (double !== undefined) out.push(quoted(double, '"'));
    else if (single !== undefined) out.push(quoted(single, "'"));
    else if (nan !== undefined) out.push(JSON.stringify(NOT_A_NUMBER + nan));
    else if (number !== undefined) out.push(plainNumber(number));
    else if (wrapper !== undefined) open.push('');
    else if (name !== undefined) out.push(CONSTANTS[name.toLowerCase()] ?? JSON.stringify(name));
    else if (mark !== undefined && !bracket(mark, out, open)) return undefined;
  }
  return open.length === 0 ? out.join('') : undefined;
}

/** @returns false where a bracket closes what it does not belong to */
function bracket(mark: string, out: string[], open: string[]): boolean {
  switch (mark) {
    case '{':
    case '[':
      open.push(mark === '{' ? '}' : ']');
      out.push(mark);
      return true;
    case '(':
      open.push(')');
      out.push('[');
      return true;
    case ')':
    case '}':
    case ']': {
      const expected = open.pop();
      if (expected === '' && mark === ')') return true;
      if (expected !== mark) return false;
      if (out.at(-1) === ',') out.pop();
      out.push(mark === ')' ? ']' : mark);
      return true;
    }
    default:
      out.push(mark);
      return true;
  }
}

function quoted(token: string, quote: string): string {
  const inner = token.slice(token.indexOf(quote) + 1, -1);
  const plain = inner.replace(/\\(u[0-9a-f]{4}|x[0-9a-f]{2}|.)/gi, (_, code: string) => {
    const [kind = ''] = code;
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return ESCAPES[kind] ?? kind;
  });
  return JSON.stringify(plain);
}
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function plainNumber(text: string): string {
  // Number() reads `.5`, `1.` and `+1`; what overflows is told as what it was written as.
  const value = Number(text);
  return Number.isFinite(value) ? String(value) : JSON.stringify(NOT_A_NUMBER + text);
}
