/** What a pipeline file is written for. */
export interface PipelineOptions {
  /** The request's file in the repository. */
  request: string;
  /** The repository that `bw` is installed from, where a job does not have it. */
  source: string;
}

export interface PipelineFile {
  path: string;
  content: string;
}

/** Where a job's copy of Benchwire is. */
export const CHECKOUT = '/tmp/benchwire';

/** Puts `bw` on the job's PATH. `BENCHWIRE_SOURCE` is a variable of the job. */
export const INSTALL = [
  'if ! command -v bw >/dev/null; then',
  `  git clone --quiet --depth 1 "$BENCHWIRE_SOURCE" ${CHECKOUT}`,
  `  npm --prefix ${CHECKOUT} ci --workspace=cli --omit=dev --omit=optional --no-audit --no-fund`,
  `  npm install --global --no-audit --no-fund ${CHECKOUT}/cli`,
  'fi',
] as const;

/** Many providers fetch the commit that they build, and not the branch that it is for. */
const FETCH = "git fetch --quiet origin '+refs/heads/*:refs/remotes/origin/*' || true";

export const measure = ({ request }: PipelineOptions): string[] => [
  FETCH,
  `bw ci --request '${request}' --junit benchwire.xml`,
];

/** Lines as a block of a file, behind so many blanks. */
export const block = (lines: readonly string[], blanks: number): string =>
  lines.map((line) => `${' '.repeat(blanks)}${line}`).join('\n');

/** A text between double quotes, as YAML, Kotlin and Groovy read it. */
export const quoted = (text: string): string => `"${text.replace(/[\\"$]/g, '\\$&')}"`;

export const HEAD = `Written by \`bw ci init\`: a check that says whether a change is slower than what it replaces.`;
