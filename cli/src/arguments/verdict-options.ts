import type { FindingKind } from '@benchwire/shared/contracts/finding.ts';
import { VERDICT_FORMATS } from '../results/verdict-formats.ts';
import type { OptionSpecs } from './options.ts';

/** Findings that a gate may ask about. */
const FAIL_ON = ['regression', 'change', 'drift', 'outlier', 'failures', 'unusual'] as const satisfies FindingKind[];

/** What a command that follows a run to its end makes of its verdict. */
export const VERDICT_OPTIONS = {
  'fail-on': {
    kind: 'choices',
    choices: FAIL_ON,
    help: 'exit with 2: regression when the verdict fails, others when there is such a finding',
  },
  format: { kind: 'choice', choices: VERDICT_FORMATS, help: 'print the verdict as Markdown, or as a JUnit file' },
} as const satisfies OptionSpecs;
