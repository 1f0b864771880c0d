import { posix } from 'node:path';
import { isRecord } from '../runtime/is-record.ts';
import { entryOf } from './executors.ts';
import type { MadeOf } from './model-artifact.ts';
import { type PluginConfig, type TaskSpec, writtenPluginConfig } from './task.ts';

/** What a series' settings are read from: a task as it was written, or as `expand` resolved it. */
export type SettingsOwner = Pick<TaskSpec, 'executor' | 'config' | 'not_in_series'> & { made_of?: MadeOf | undefined };

/** What stands in a list where a setting was that is not part of the series. */
const LEFT_OUT = null;

/**
 * What a config says that differs from the default, by name and in one form: who wrote which field first, wrote a default
 * out, left something empty, or wrote the same path in another way made no other setting. A field added later, with a
 * default, cuts no history in two. Pure.
 * @param left_out - fields that are not looked at, as the executor's entry lists them
 */
export function settingsOf(
  { executor, config, not_in_series = [], made_of }: SettingsOwner,
  left_out: 'not_in_variant' | 'not_in_workload',
): Array<[name: string, value: unknown]> {
  const { defaults, series } = entryOf({ executor });
  const usual: Readonly<Record<string, unknown>> = defaults;
  const without: readonly string[] = series[left_out];
  const paths: readonly string[] = series.paths;
  const own = executor === 'plugin' ? writtenPluginConfig(config as PluginConfig) : config;
  const written = {
    ...leaveOut(own, not_in_series),
    ...(made_of === undefined ? {} : { model: made_of.model, made: made_of.how }),
  };
  return Object.entries(series.inOneForm?.(written) ?? written)
    .filter(([name, value]) => !without.includes(name) && !isEmpty(value) && !isSame(value, usual[name]))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, paths.includes(name) ? pathsInOneForm(value) : sorted(value)]);
}

/** A place in a config, without `config.` before it. */
export function readPlace(place: string): { path: string[]; index: number | undefined } {
  const plain = place.replace(/^config\./, '');
  const [, name = plain, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(plain) ?? [];
  const [root = name, ...rest] = name.split('.');
  // A variable's name has no dot, so what is behind the first one is one name.
  return {
    path: rest.length === 0 ? [root] : [root, rest.join('.')],
    index: index === undefined ? undefined : Number(index),
  };
}

/** The config without the places that its author called no settings. */
function leaveOut(config: object, places: readonly string[]): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...config };
  for (const place of places) {
    const {
      path: [root = '', name],
      index,
    } = readPlace(place);
    const value = copy[root];
    if (name !== undefined) {
      if (!isRecord(value) || !Object.hasOwn(value, name)) continue;
      const { [name]: before, ...others } = value;
      copy[root] = index === undefined ? others : { ...others, [name]: withoutItem(before, index) };
    } else if (index !== undefined) copy[root] = withoutItem(value, index);
    else delete copy[root];
  }
  return copy;
}

/** The others keep their places: `[run, 17, fast]` without the second is not `[run, fast]`. */
function withoutItem(value: unknown, index: number): unknown {
  return Array.isArray(value) && index < value.length ? value.with(index, LEFT_OUT) : value;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Object.keys(value).length === 0);
}

function isSame(value: unknown, usual: unknown): boolean {
  return value === usual || (usual !== undefined && JSON.stringify(sorted(value)) === JSON.stringify(sorted(usual)));
}

function pathsInOneForm(value: unknown): unknown {
  if (typeof value === 'string') return onePath(value);
  return Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? onePath(item) : item)) : sorted(value);
}

/** `/a//b/./c/` is `/a/b/c`; a text that is no absolute path, or has `..` in it (a link may stand before), stays. */
function onePath(text: string): string {
  if (!/^(\/+[^/\0\n]+)+\/*$/.test(text) || /(^|\/)\.\.(\/|$)/.test(text)) return text;
  const normal = posix.normalize(text);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** The same value with the fields of its objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
