import { noteOn, type ValueNote } from '@benchwire/shared/contracts/value-note.ts';

/** What decides which dimension counts the items of a batch. */
export interface BatchWishes {
  /** Sizes by name; `batch` says that it is the batch. */
  dimensions: Readonly<Record<string, number | 'batch'>>;
  shapes: Readonly<Record<string, ReadonlyArray<number | 'batch'>>>;
  /** Exactly these; undefined where nobody says. */
  batch_dimensions: readonly string[] | undefined;
  known: { batch_dimension: string | null } | null;
}

interface Shaped {
  name: string;
  shape: readonly (number | string)[];
}

export interface BatchDimensions {
  isBatch: (input: Shaped, axis: number) => boolean;
  /** For one that was guessed. */
  note: ValueNote | undefined;
}

/** Names that say it. `image_batch_size` and `text_batch_size` are both the batch. */
const CALLED_BATCH = /^(\w+[_.-])?(batch(es)?([_.-]?(size|dim))?|(num|n)[_.-]?batch(es)?)([_.-]?\d+)?$/i;
/** Names that may say it, where no other does. */
const CALLED_SHORTLY = /^(n|b|bs)$/i;

export function isBatchName(name: string): boolean {
  return CALLED_BATCH.test(name) || CALLED_SHORTLY.test(name);
}

/**
 * Which dimensions are the batch: those that the request says; else the catalogue's; else those that are called so; else,
 * where the first dimension of every input is dynamic and has no size, these: a guess, which is noted. Pure.
 */
export function batchDimensions(inputs: readonly Shaped[], wishes: BatchWishes): BatchDimensions {
  const { dimensions, shapes, batch_dimensions } = wishes;
  const said = new Set(batch_dimensions ?? []);
  for (const [name, size] of Object.entries(dimensions)) if (size === 'batch') said.add(name);
  const inShape = ({ name }: Shaped, axis: number): boolean => shapes[name]?.[axis] === 'batch';
  const of = (names: ReadonlySet<string>, note?: ValueNote, firstToo = false): BatchDimensions => ({
    isBatch: (input, axis) => {
      const dimension = input.shape[axis];
      if (inShape(input, axis)) return true;
      if (typeof dimension !== 'string') return false;
      // A dimension without a name equals another only by its place.
      return dimension === '' ? firstToo && axis === 0 : names.has(dimension);
    },
    note,
  });
  if (batch_dimensions !== undefined) return of(said);
  if (wishes.known !== null) {
    const { batch_dimension } = wishes.known;
    return of(batch_dimension === null ? said : new Set([...said, batch_dimension]));
  }
  const dynamic = inputs.flatMap(({ shape }) => shape.filter((d) => typeof d === 'string' && d !== '')) as string[];
  const called = dynamic.filter((name) => CALLED_BATCH.test(name));
  const shortly = dynamic.filter((name) => CALLED_SHORTLY.test(name) && typeof dimensions[name] !== 'number');
  const names = called.length > 0 ? called : shortly;
  if (names.length > 0) return of(new Set([...said, ...names]));
  const withAxes = inputs.filter(({ shape }) => shape.length > 0);
  const firsts = withAxes.map(({ shape }) => shape[0]);
  const areFree = firsts.every((first) => typeof first === 'string' && typeof dimensions[first] !== 'number');
  if (withAxes.length === 0 || !areFree) return of(said);
  const guessed = withAxes.filter((input) => !inShape(input, 0) && !said.has(String(input.shape[0])));
  const first = new Set(firsts.filter((d) => typeof d === 'string' && d !== '') as string[]);
  return of(new Set([...said, ...first]), guessed.length === 0 ? undefined : guessNote(guessed), true);
}

function guessNote(inputs: readonly Shaped[]): ValueNote {
  const names = [...new Set(inputs.map(({ shape }) => String(shape[0])))];
  const unnamed = inputs.find(({ shape }) => shape[0] === '');
  const shown = inputs
    .slice(0, 5)
    .map(({ name, shape }) => `${shape[0] === '' ? 'the first' : `"${shape[0]}"`} of ${name}`);
  const more = inputs.length > 5 ? ` and ${inputs.length - 5} more` : '';
  const remedy =
    unnamed === undefined
      ? `config.batch_dimensions: ${JSON.stringify(names)} says so, or gives another; config.dimensions gives one a size`
      : `config.shapes says so, as {"${unnamed.name}": ["batch", …]}, or gives it a size`;
  return noteOn('guessed_batch', `the batch was taken to be ${shown.join(', ')}${more}: a guess. ${remedy}`);
}
