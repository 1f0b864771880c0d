/** What of JSON Schema the API's document has. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
}

const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

export const isPythonName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name) && !KEYWORDS.has(name);

/** `get_runs` as `GetRuns`. Pure. */
export const className = (words: string): string =>
  words
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

/** Collects the TypedDicts that schemas need: one for each form, however many places have it. */
export class PythonTypes {
  /** By the schema as JSON. */
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #classes: string[] = [];

  /** The Python type of a schema; `name` is for a TypedDict that is not there yet. */
  typeOf(schema: Schema, name: string): string {
    const { anyOf = schema.oneOf, enum: values, properties, additionalProperties: others, type } = schema;
    if (anyOf !== undefined)
      return union(anyOf.map((each, at) => this.typeOf(each, at === 0 ? name : `${name}${at + 1}`)));
    if (schema.const !== undefined) return literal([schema.const]);
    if (values !== undefined) return literal(values);
    if (Array.isArray(type)) return union(type.map((each) => this.typeOf({ ...schema, type: each }, name)));
    switch (type) {
      case 'string':
        return 'str';
      case 'integer':
        return 'int';
      case 'number':
        return 'float';
      case 'boolean':
        return 'bool';
      case 'null':
        return 'None';
      case 'array':
        return typeof schema.items === 'object' ? `list[${this.typeOf(schema.items, `${name}Item`)}]` : 'list[Any]';
      case 'object':
        if (properties !== undefined && Object.keys(properties).length > 0) return this.#typedDict(schema, name);
        return typeof others === 'object' && Object.keys(others).length > 0
          ? `dict[str, ${this.typeOf(others, `${name}Value`)}]`
          : 'dict[str, Any]';
      default:
        return 'Any';
    }
  }

  /** The classes, each behind those that it names. */
  source(): string {
    return this.#classes.join('\n\n\n');
  }

  #typedDict(schema: Schema, wanted: string): string {
    const form = JSON.stringify([schema.properties, schema.required]);
    const known = this.#names.get(form);
    if (known !== undefined) return known;
    let name = wanted;
    for (let at = 2; this.#taken.has(name); at++) name = `${wanted}_${at}`;
    this.#taken.add(name);
    this.#names.set(form, name);
    const required = new Set(schema.required ?? []);
    const fields = Object.entries(schema.properties ?? {}).map(([field, of]) => {
      const type = this.typeOf(of, `${name}${className(field)}`);
      return { field, type: required.has(field) ? type : `NotRequired[${type}]` };
    });
    this.#classes.push(
      fields.every(({ field }) => isPythonName(field))
        ? [`class ${name}(TypedDict):`, ...fields.map(({ field, type }) => `    ${field}: ${type}`)].join('\n')
        : [
            `${name} = TypedDict(`,
            `    ${JSON.stringify(name)},`,
            '    {',
            ...fields.map(({ field, type }) => `        ${JSON.stringify(field)}: ${type},`),
            '    },',
            ')',
          ].join('\n'),
    );
    return name;
  }
}

/** `Any` takes in all others; `None` comes last. */
function union(types: readonly string[]): string {
  const different = [...new Set(types)];
  if (different.includes('Any')) return 'Any';
  // A float takes an int.
  const kept = different.filter((type) => type !== 'None' && !(type === 'int' && different.includes('float')));
  return [...kept, ...(different.includes('None') ? ['None'] : [])].join(' | ');
}

function literal(values: readonly unknown[]): string {
  const texts = values.filter((value) => value !== null);
  const none = values.includes(null) ? ['None'] : [];
  if (texts.length === 0) return 'None';
  const written = texts.map((value) =>
    typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value),
  );
  // Python has no literals of floats.
  const type = texts.some((value) => typeof value === 'number' && !Number.isInteger(value))
    ? 'float'
    : `Literal[${written.join(', ')}]`;
  return [type, ...none].join(' | ');
}
