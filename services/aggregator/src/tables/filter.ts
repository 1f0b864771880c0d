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

/** A column's text fits a pattern in which `*` stands for any text, as `matchesPattern` says; no condition without one. */
export function fits(column: string, name: string, pattern: string | undefined): Condition | undefined {
  if (pattern === undefined || pattern === '') return undefined;
  const like = pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%');
  return [`${column} LIKE {${name}:String}`, { [name]: like }];
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

/** What a list is sorted by: a column or an expression, and the parameter that a value of it is given as. */
export interface SortKey {
  column: string;
  parameter: string;
}

export const textKey = (column: string): SortKey => ({ column, parameter: '{after_value:String}' });
export const numberKey = (column: string): SortKey => ({ column, parameter: '{after_value:Float64}' });

/** What comes after a row in the order of a page; among equals the ids ascend, unless they are said to descend. */
export function afterRow(
  { column, parameter }: SortKey,
  descending: boolean,
  id: { column: string; type: string; descending?: boolean },
  place: { value: string | number; id: string } | undefined,
): Condition | undefined {
  if (place === undefined) return undefined;
  const beyond = `${column} ${descending ? '<' : '>'} ${parameter}`;
  return [
    `(${beyond} OR (${column} = ${parameter} AND ${id.column} ${id.descending === true ? '<' : '>'} {after_id:${id.type}}))`,
    { after_value: place.value, after_id: place.id },
  ];
}

/** From a time on. */
export function since(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : [`${column} >= ${timeParameter('since')}`, { since: value }];
}

/** Until a time, exclusive. */
export function until(column: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : [`${column} < ${timeParameter('until')}`, { until: value }];
}
