import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { every, fieldsOf, itemsOf, numberOf } from '../read-values.ts';

/** `hyperfine --export-json`: seconds, with every run's time. Runs that ended with another exit code than 0 are said. */
export const hyperfine: ImportFormat = {
  name: 'hyperfine',
  title: 'hyperfine --export-json',
  detect: ({ json }) =>
    every(fieldsOf(json).results, (result) => 'command' in result && ('times' in result || 'mean' in result)),
  parse(input) {
    const collected = new Collected(input, 'hyperfine');
    for (const item of itemsOf(fieldsOf(input.json).results)) {
      const { command, times, mean, stddev, min, max, user, system, exit_codes, parameters, memory_usage_byte } =
        fieldsOf(item);
      const failed = itemsOf(exit_codes).filter((code) => code !== 0).length;
      if (failed > 0)
        collected.leaveOut(command, 'commands whose times include runs that ended with another exit code than 0');
      const hasTimes = itemsOf(times).length > 0;
      const total = { unit: 's', better: 'lower', statistic: 'mean', min, max, stddev } as const;
      collected.add(
        command,
        {
          wall_time: hasTimes ? { ...total, values: itemsOf(times) } : { ...total, value: mean },
          user_time: { unit: 's', better: 'lower', statistic: 'mean', value: user },
          system_time: { unit: 's', better: 'lower', statistic: 'mean', value: system },
          ...(itemsOf(memory_usage_byte).some((bytes) => numberOf(bytes) !== 0) && {
            peak_memory: { unit: 'B', better: 'lower', values: itemsOf(memory_usage_byte) },
          }),
        },
        { parameters: fieldsOf(parameters) },
      );
    }
    return collected.file();
  },
};
