import type { z } from 'zod';
import { isRecord } from './is-record.ts';

/** The parts of Zod's definitions that are needed to find a field; everything is optional since kinds differ. */
interface Definition {
  type: string;
  innerType?: z.core.$ZodType;
  in?: z.core.$ZodType;
  out?: z.core.$ZodType;
  shape?: Record<string, z.core.$ZodType>;
  element?: z.core.$ZodType;
  valueType?: z.core.$ZodType;
  options?: readonly z.core.$ZodType[];
  discriminator?: string;
  values?: readonly unknown[];
}

function definitionOf(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Takes off what only wraps: optional, default, preprocess, … */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let current = schema;
  for (;;) {
    const { type, innerType, in: input, out } = definitionOf(current);
    if (innerType !== undefined) current = innerType;
    else if (type === 'pipe' && input !== undefined && out !== undefined) {
      current = definitionOf(input).type === 'transform' ? out : input;
    } else return current;
  }
}

/** The branch of a union that a value is meant for: by its discriminator, else the one that knows most of its fields. */
function branchFor(definition: Definition, value: unknown): z.core.$ZodType | undefined {
  const options = (definition.options ?? []).map(unwrap);
  if (!isRecord(value)) return options[0];
  const { discriminator } = definition;
  if (discriminator !== undefined && value[discriminator] !== undefined) {
    return options.find((option) =>
      literalsOf(definitionOf(option).shape?.[discriminator]).includes(value[discriminator]),
    );
  }
  const names = firstNames(value);
  const known = (option: z.core.$ZodType): number =>
    names.filter((key) => Object.hasOwn(definitionOf(option).shape ?? {}, key)).length;
  return options.reduce<z.core.$ZodType | undefined>(
    (best, option) => (best === undefined || known(option) > known(best) ? option : best),
    undefined,
  );
}

/** More fields than any schema has say nothing more about which one is meant. */
const MAX_NAMES = 200;

function firstNames(value: Record<string, unknown>): string[] {
  const names: string[] = [];
  for (const name in value) if (names.push(name) >= MAX_NAMES) break;
  return names;
}

function literalsOf(schema: z.core.$ZodType | undefined): readonly unknown[] {
  return schema === undefined ? [] : (definitionOf(unwrap(schema)).values ?? []);
}

/** The object schema at a path, as the value's discriminators choose it. `seen` gets every union on the way. */
function objectAt(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
  seen?: Array<{ union: Definition; rest: readonly PropertyKey[]; value: unknown }>,
): Definition | undefined {
  let current: z.core.$ZodType | undefined = unwrap(schema);
  let here = value;
  for (let index = 0; ; index++) {
    if (current === undefined) return undefined;
    const union = definitionOf(current);
    if (union.type === 'union') {
      seen?.push({ union, rest: path.slice(index), value: here });
      current = branchFor(union, here);
      if (current === undefined) return undefined;
    }
    const part = path[index];
    if (part === undefined) return definitionOf(current);
    const { shape, element, valueType }: Definition = definitionOf(current);
    const next: z.core.$ZodType | undefined = typeof part === 'number' ? element : (shape?.[String(part)] ?? valueType);
    current = next === undefined ? undefined : unwrap(next);
    here = valueAt(here, [part]);
  }
}

/** The names that an object at `path` may have, as the schema and the value's discriminators say; none for other places. */
export function fieldsAt(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  return Object.keys(objectAt(schema, value, path)?.shape ?? {});
}

/** Where else a field of that name would be right: an object inside, around, or another branch of a union. */
export function rightPlaceFor(
  key: string,
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
): string | undefined {
  const unions: Array<{ union: Definition; rest: readonly PropertyKey[]; value: unknown }> = [];
  const here = objectAt(schema, value, path, unions);
  const inside = Object.keys(here?.shape ?? {}).find((name) => fieldsAt(schema, value, [...path, name]).includes(key));
  if (inside !== undefined) return `it belongs in "${inside}"`;
  for (const { union, rest, value: at } of unions) {
    const { discriminator } = union;
    if (discriminator === undefined) continue;
    const option = union.options?.find((branch) => fieldsAt(branch, valueAt(at, []), rest).includes(key));
    const [name] = option === undefined ? [] : literalsOf(definitionOf(unwrap(option)).shape?.[discriminator]);
    if (name !== undefined) return `only with ${discriminator}: ${String(name)}`;
  }
  for (let length = path.length - 1; length >= 0; length--) {
    if (fieldsAt(schema, value, path.slice(0, length)).includes(key)) {
      return length === 0 ? 'it belongs at the top' : `it belongs further up, beside "${String(path[length])}"`;
    }
  }
  return undefined;
}

/** What stands at a path in a value; undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[part];
  }
  return here;
}
