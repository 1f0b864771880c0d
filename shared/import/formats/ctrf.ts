import type { Environment } from '../../contracts/hardware.ts';
import { Collected } from '../collect.ts';
import type { ImportFormat } from '../format.ts';
import { fieldsOf, itemsOf, numberOf, textOf, timeOf } from '../read-values.ts';

/** Common Test Report Format: how long each test that passed took, in milliseconds. */
export const ctrf: ImportFormat = {
  name: 'ctrf',
  title: 'CTRF (durations of tests)',
  detect: ({ json }) => {
    const { results, reportFormat } = fieldsOf(json);
    const { tool, tests } = fieldsOf(results);
    return Array.isArray(tests) && (reportFormat === 'CTRF' || tool !== undefined);
  },
  parse(input) {
    const collected = new Collected(input, 'ctrf');
    const { tests, summary, environment } = fieldsOf(fieldsOf(input.json).results);
    const { commit, branchName, repositoryUrl, osPlatform, osRelease, osVersion } = fieldsOf(environment);
    const [sha, branch, repo] = [textOf(commit), textOf(branchName), textOf(repositoryUrl)];
    collected.source = {
      ...(sha === undefined ? {} : { commit: sha.slice(0, 128) }),
      ...(branch === undefined ? {} : { branch: branch.slice(0, 256) }),
      ...(repo === undefined ? {} : { repo: repo.slice(0, 512) }),
    };
    const facts = Object.entries({ osPlatform, osRelease, osVersion }).filter(
      ([, value]) => textOf(value) !== undefined,
    );
    collected.facts = Object.fromEntries(facts) as Environment;
    const { start } = fieldsOf(summary);
    const started = numberOf(start);
    // Some reporters count seconds, as the format's first version did.
    collected.measured_at = timeOf(started !== undefined && started < 1e11 ? started * 1000 : started);
    for (const item of itemsOf(tests)) {
      const { name, suite, status, duration } = fieldsOf(item);
      const group = Array.isArray(suite) ? suite.filter((part) => typeof part === 'string').join(' > ') : textOf(suite);
      const called = group && typeof name === 'string' ? `${group} > ${name}` : name;
      if (status === 'passed')
        collected.add(called, { duration: { unit: 'ms', better: 'lower', statistic: 'value', value: duration } });
      else collected.leaveOut(called, 'tests that failed or were skipped have no duration');
    }
    return collected.file();
  },
};
