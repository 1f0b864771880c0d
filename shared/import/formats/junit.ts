import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { textOf, timeOf, xmlTags } from '../read-values.ts';

interface Case {
  name: string | undefined;
  time: string | undefined;
  failed: boolean;
}

/** JUnit XML: how long each test that passed took, in seconds. Whether tests pass is what tasks of type `test` are for. */
export const junit: ImportFormat = {
  name: 'junit',
  title: 'JUnit XML (durations of tests)',
  detect: ({ text }) => /<testsuites?[\s>]/.test(text) && /<testcase[\s>]/.test(text),
  parse(input) {
    const collected = new Collected(input, 'junit');
    let current: Case | undefined;
    const end = (): void => {
      if (current !== undefined) addCase(collected, current);
      current = undefined;
    };
    for (const { name, attributes, is_closing, is_empty } of xmlTags(input.text)) {
      if (name === 'testsuite' && !is_closing) collected.measured_at ??= timeOf(zoned(attributes.timestamp));
      else if (name === 'testcase' && !is_closing) {
        const parts = [textOf(attributes.classname), textOf(attributes.name)].filter((part) => part !== undefined);
        current = { name: textOf(attributes.name) && parts.join('.'), time: attributes.time, failed: false };
        if (is_empty) end();
      } else if (name === 'testcase') end();
      else if (current !== undefined && /^(failure|error|skipped)$/.test(name)) current.failed = true;
    }
    return collected.file();
  },
};

function addCase(collected: Collected, { name, time, failed }: Case): void {
  if (failed) {
    collected.leaveOut(name, 'tests that failed or were skipped have no duration');
    return;
  }
  collected.add(name ?? null, {
    duration: { unit: 's', better: 'lower', statistic: 'value', value: time?.replaceAll(',', '') },
  });
}

/** Without a zone it is UTC. */
function zoned(text: string | undefined): string | undefined {
  return text === undefined || /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
}
