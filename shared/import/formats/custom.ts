import { Collected } from '../collect.ts';
import type { ImportFormat, ImportInput } from '../format.ts';
import { every, fieldsOf, itemsOf, textOf } from '../read-values.ts';

const detect = ({ json }: ImportInput): boolean =>
  every(json, (each) => 'name' in each && 'value' in each && 'unit' in each && !('result' in each));

/**
 * github-action-benchmark's own JSON: a list of `name`, `unit`, `value`, maybe `range`. Which way is better is in the format's name only,
 * so a file that is found by itself has the direction that its units have.
 */
function customFormat(name: string, title: string, better: 'lower' | 'higher' | undefined): ImportFormat {
  return {
    name,
    title,
    detect: (input) => better === undefined && detect(input),
    parse(input, mapping) {
      const collected = new Collected(input, name);
      for (const item of itemsOf(input.json)) {
        const { name: called, unit, value, range } = fieldsOf(item);
        const deviation = /^(?:±|\+\/-)?\s*([\d.eE+-]+)$/.exec(String(range ?? '').trim())?.[1];
        collected.add(called, {
          value: { unit: textOf(unit), better: better ?? mapping.better, statistic: 'value', value, stddev: deviation },
        });
      }
      return collected.file();
    },
  };
}

export const custom = customFormat('custom', 'JSON list of name, unit, value', undefined);
export const customSmallerIsBetter = customFormat('custom-smaller-is-better', 'customSmallerIsBetter JSON', 'lower');
export const customBiggerIsBetter = customFormat('custom-bigger-is-better', 'customBiggerIsBetter JSON', 'higher');
