import { createHash } from 'node:crypto';
import type { ValueNoteCode } from '../format/note-titles.ts';
import type { Environment } from './hardware.ts';
import type { ValueNote } from './value-note.ts';

/**
 * Facts in an outcome's environment that say what was measured, not what it was measured on. `program_file`: what was
 * started; `argument_files`: the files among its arguments; `git_commit` and `git_changes` (`none`, `uncommitted changes`):
 * of the repository they lie in. Since 0.5.
 */
export const PROVENANCE_FACTS: ReadonlySet<string> = new Set([
  ...['model_sha256', 'model_file', 'model_files', 'model_bytes', 'model_license'],
  ...['model_weights', 'model_activations'],
  ...['program_file', 'program_sha256', 'program_sha256_unavailable'],
  ...['argument_files', 'argument_files_sha256', 'argument_files_sha256_unavailable'],
  ...['git_commit', 'git_commit_unavailable', 'git_changes', 'git_changes_unavailable'],
]);

/** Programs of the system, such as interpreters, are what something runs on: another machine may have another build. */
const SYSTEM_FOLDERS = /^\/(usr|bin|sbin|lib|lib64|opt|nix|snap|Library|System)\//;

/**
 * 16 hex digits, equal for attempts that measured the same files: model, program, the files among its arguments, and the
 * commit. Null where none of these is known. Pure.
 */
export function measuredFiles(environment: Environment): string | null {
  const { program_file, program_sha256 } = environment;
  const is_system = typeof program_file === 'string' && SYSTEM_FOLDERS.test(program_file);
  const facts = [
    environment.model_sha256 ?? null,
    is_system ? null : (program_sha256 ?? null),
    environment.argument_files_sha256 ?? null,
    environment.git_commit ?? null,
    environment.git_changes ?? null,
  ];
  if (facts.every((fact) => fact === null)) return null;
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/**
 * Tag of a run that measures again what another one measured: `measuredFiles` of that one, of several tasks with a space between.
 * A worker marks what it measured of other files, so that it decides nothing. Since 0.5.
 */
export const FILES_TAG = 'benchwire.files';
const MAX_FILES_TAG_CHARACTERS = 256;

/** The tag for attempts that measured these files; none where one of them is not known, or there are too many to name. Pure. */
export function filesTag(files: ReadonlyArray<string | null>): Record<string, string> {
  if (files.length === 0 || files.includes(null)) return {};
  const value = [...new Set(files)].sort().join(' ');
  return value.length > MAX_FILES_TAG_CHARACTERS ? {} : { [FILES_TAG]: value };
}

/** Whether an attempt that is to measure something again measured other files; false where it is not known. Pure. */
export function measuredOtherFiles(tags: Readonly<Record<string, string>>, environment: Environment): boolean {
  const expected = tags[FILES_TAG];
  const files = measuredFiles(environment);
  return expected !== undefined && files !== null && !expected.split(' ').includes(files);
}

/** Codes of notes on values that are kept and shown, and decide nothing: they are not of what their source says. */
export const DECIDING_NOTHING: readonly ValueNoteCode[] = ['source_mismatch'];

/** Whether a value is kept and shown, but decides nothing. */
export function decidesNothing(notes: ReadonlyArray<Pick<ValueNote, 'code'>>): boolean {
  const codes: readonly string[] = DECIDING_NOTHING;
  return notes.some(({ code }) => codes.includes(code));
}
