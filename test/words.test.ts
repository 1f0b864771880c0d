import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { expect, it } from 'vitest';

/** What people do not say, and what to write instead. */
const UNSAID: ReadonlyArray<readonly [pattern: RegExp, instead: string]> = [
  [/\bwhoever\b/i, 'everyone who, a user who, the process that'],
  [/\bnobody (knows|tells|leads|else)\b/i, 'is unknown, no leader'],
  [/\b(is|are|was|were|be|been) told\b/i, 'is reported, gets'],
  [/\btells? (of|whether|which|what|nothing)\b/i, 'shows, reports, describes'],
  [/\bheld against\b/i, 'compared with'],
  [/\bwhat was asked\b/i, 'name it: its task, the request'],
  [/\bagain and again\b/i, 'repeatedly, or how often'],
  [/\bwanted is\b/i, 'needs x, has y'],
  [/\bdone without\b/i, 'runs without'],
  [/\bfor ever\b/i, 'without a limit, always'],
  [/\bhand(s|ed)? (it )?out\b/i, 'exports, returns'],
  // `there is no x` is plain.
  [/(?<!\bthere )(?<!\b(?:which|what) )\b(is|are) no (?!longer\b|more\b|later\b|way\b)[a-z]/i, 'is not a'],
  [/\bstands (in|there|under|beside|behind|alone|twice)\b/i, 'is in'],
  [/\b(task|run|attempt) is over\b/i, 'has ended, has finished'],
];

/** What has to stay: a migration's name is stored. */
const ALLOWED = /defaults of catalogue models that were written out/;

const inRepository = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: repositoryRoot, exclude: (name) => name === 'node_modules' }).map((name) =>
    join(repositoryRoot, name),
  );

/** Texts between quotes with a blank in them, and those of pages; comments are left out. */
function textsOf(code: string): Array<{ line: number; text: string }> {
  const bare = code
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, (comment) => ' '.repeat(comment.length));
  const quoted = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|>[^<>{}=;]*[a-z][^<>{}=;]*</g;
  return [...bare.matchAll(quoted)].flatMap(({ 0: text, index }) =>
    // What a template fills in is code.
    text.includes(' ')
      ? [{ line: bare.slice(0, index).split('\n').length, text: text.replace(/\$\{[^}]*\}/g, '…') }]
      : [],
  );
}

function unsaidIn(file: string, texts: ReadonlyArray<{ line: number; text: string }>): string[] {
  return texts.flatMap(({ line, text }) =>
    UNSAID.flatMap(([pattern, instead]) => {
      const found = ALLOWED.test(text) ? null : pattern.exec(text);
      return found === null ? [] : [`${relative(repositoryRoot, file)}:${line}: "${found[0]}" (write: ${instead})`];
    }),
  );
}

it('guides and the README are in words that people say', () => {
  const files = inRepository('README.md', 'CONTRIBUTING.md', 'docs/*.md', 'docs/adr/*.md', 'docs/protocol/*.md');
  expect(files.length).toBeGreaterThan(15);
  const lines = (file: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((text, index) => ({ line: index + 1, text }));
  expect(files.flatMap((file) => unsaidIn(file, lines(file)))).toEqual([]);
});

it('so are messages, errors and help', () => {
  const files = inRepository('{services,shared,cli,deploy,dashboard,examples}/**/*.{ts,tsx}').filter(
    (file) => !/\.test\.tsx?$|test-support/.test(file),
  );
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap((file) => unsaidIn(file, textsOf(readFileSync(file, 'utf8'))))).toEqual([]);
});

it('and the comments of the code', () => {
  const files = inRepository('{services,shared,cli,deploy,dashboard,test}/**/*.{ts,tsx}', 'runners/**/*.py').filter(
    (file) => !file.endsWith('words.test.ts'),
  );
  const found = files.filter((file) => /\bwhoever\b/i.test(readFileSync(file, 'utf8')));
  expect(found.map((file) => relative(repositoryRoot, file))).toEqual([]);
});
