import { BenchwireError } from '../runtime/errors.ts';

/** A file that cannot be imported. The message says what is wrong, where in the file, and what to do. */
export class ImportError extends BenchwireError {
  readonly file: string;

  /** @param where - line or path in the file; empty for all of it */
  constructor(file: string, where: string, what: string) {
    super('IMPORT_INVALID', `${file}${where === '' ? '' : `, ${where}`}: ${what}`);
    this.name = 'ImportError';
    this.file = file;
  }
}
