import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import { commandFor, findInstaller, type Installer, installPackages } from './install-packages.ts';
import { isOf, LINUX_AND_ROOT, NEEDS, type Need } from './needs.ts';

/** A need that is not met, and why. */
export interface MissingNeed {
  need: Need;
  why: string;
}

/** Those of the needs of these test files that are not met. */
export async function missingNeeds(files: readonly string[]): Promise<MissingNeed[]> {
  const missing: MissingNeed[] = [];
  for (const need of NEEDS) {
    if (!files.some((file) => isOf(need.suites, file))) continue;
    const why = await need.missing();
    if (why !== undefined) missing.push({ need, why });
  }
  return missing;
}

/** Installs what these test files need. @returns what is still missing, after a word on each */
export async function installNeeds(files: readonly string[]): Promise<MissingNeed[]> {
  const missing = await missingNeeds(files);
  if (missing.length === 0) return [];
  for (const { need, why } of missing) console.log(`${need.name}: ${why}`);
  const installer = await findInstaller();
  const needs = missing.map(({ need }) => need);
  const problems = await installFromPackages(
    needs.filter(({ install }) => install === undefined),
    installer,
  );
  for (const { name, install } of needs) {
    const began = performance.now();
    try {
      await install?.(console.log);
      if (install !== undefined)
        console.log(`${name}: installed in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  const still = await missingNeeds(files);
  if (still.length === 0) return [];
  for (const problem of problems) console.log(`not installed: ${problem}`);
  for (const { need, why } of still) console.log(`FAILED: ${need.name}: ${why}. Its tests: ${need.suites.join(', ')}`);
  const command = commandFor(
    still.map(({ need }) => need),
    installer,
  );
  if (command !== undefined) console.log(`To install it yourself: ${command}`);
  console.log('Without --all, npm test runs what this machine can run, and says what it skips.');
  return still;
}

async function installFromPackages(needs: readonly Need[], installer: Installer | undefined): Promise<string[]> {
  if (needs.length === 0) return [];
  if (installer === undefined) return ['there is neither apt-get nor Homebrew here'];
  return await installPackages(needs, installer, console.log);
}

/** What `npm test` says of the tests that it did not run, a line for each file. */
export async function skippedLines(
  skipped_in: Readonly<Record<string, number>>,
  missing: readonly MissingNeed[],
): Promise<string[]> {
  const installer = await findInstaller();
  return Object.entries(skipped_in).map(([file, count]) => {
    const reasons = missing.filter(({ need }) => isOf(need.suites, file));
    const why =
      reasons.length === 0
        ? isOf(LINUX_AND_ROOT, file)
          ? 'only on Linux, some only as root'
          : 'it says why above'
        : reasons.map((each) => each.why).join('; ');
    const command = commandFor(
      reasons.map(({ need }) => need),
      installer,
    );
    return `${file}: ${count} ${count === 1 ? 'test' : 'tests'}: ${why}${command === undefined ? '' : `. To run them: ${command}`}`;
  });
}
