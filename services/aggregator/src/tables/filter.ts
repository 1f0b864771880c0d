/** A condition with the parameters that it names. */
export type Condition = readonly [text: string, parameters: Readonly<Record<string, unknown>>];

/** `WHERE …` of the conditions that there are, and all their parameters; empty without any. */
export function filterBy(conditions: ReadonlyArray<Condition | undefined>): {
  where: string;
  parameters: Record<string, unknown>;
} {
  const given = conditions.filter((condition) => condition !== undefined);
  return {
    where: given.length === 0 ? '' : `WHERE ${given.map(([text]) => text).join(' AND ')}`,
    parameters: Object.assign({}, ...given.map(([, parameters]) => parameters)),
  };
}

/** A column is what was asked for; no condition where nothing was. The parameter has the column's name. */
export function equals(column: string, type: string, value: unknown): Condition | undefined {
  const name = column.slice(column.indexOf('.') + 1);
  return value === undefined ? undefined : [`${column} = {${name}:${type}}`, { [name]: value }];
}

/** A text is somewhere in one of the columns, in whatever case; no condition where nothing is looked for. */
export function contains(columns: readonly string[], search: string): Condition | undefined {
  if (search === '') return undefined;
  return [`positionCaseInsensitiveUTF8(concat(${columns.join(", '\\n', ")}), {search:String}) > 0`, { search }];
}

/** A column, or an expression, begins with a text; no condition where nothing was asked for. */
export function beginsWith(column: string, name: string, value: string | undefined): Condition | undefined {
  return value === undefined || value === ''
    ? undefined
    : [`startsWith(${column}, {${name}:String})`, { [name]: value }];
}

/** A parameter that holds a time as our contracts write it. */
export function timeParameter(name: string): string {
  return `parseDateTime64BestEffort({${name}:String}, 3, 'UTC')`;
}

/** From a time on. */
export function since(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : [`${column} >= ${timeParameter('since')}`, { since: value }];
}

/** Until a time, exclusive. */
export function until(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : [`${column} < ${timeParameter('until')}`, { until: value }];
}
