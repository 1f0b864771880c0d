import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { FileValues } from './input-files.ts';
import { axesOf, type DeclaredInput, type InputWishes, planInputs } from './input-plan.ts';

/** The three fields of a config that say how large inputs are. */
export type SizeSettings = Pick<InputWishes, 'dimensions' | 'shapes' | 'batch_dimensions'>;

/**
 * One way to write the sizes that a task feeds, whatever of `dimensions`, `shapes` and `batch_dimensions` its author used: sizes by
 * the name of the dimension, whole shapes only where a name is missing or stands for two sizes, the batch only where it would be
 * another without; and of all of it only what the model, its catalogue entry and the values of inputs do not give anyway. So two
 * tasks that feed the same have the same settings. Pure.
 * @param defaults - sizes of the catalogue's model, which hold where nothing is written
 * @returns undefined for sizes that do not fit, which the task fails with
 */
export function sizesInOneForm(
  declared: readonly DeclaredInput[],
  written: InputWishes,
  defaults: InputWishes['dimensions'] = {},
  files: Readonly<Record<string, FileValues>> = {},
): SizeSettings | undefined {
  const probes = probesOf(written);
  const once = (wishes: InputWishes): SizeSettings | undefined => shortest(declared, wishes, defaults, files, probes);
  let sizes = once(written);
  // A batch that has one size is a size: only another look finds that form.
  for (let looks = 0; looks < MAX_LOOKS && sizes !== undefined; looks++) {
    const next = once({ ...written, ...sizes, dimensions: { ...defaults, ...sizes.dimensions } });
    if (next === undefined || JSON.stringify(next) === JSON.stringify(sizes)) break;
    sizes = next;
  }
  return sizes;
}

const MAX_LOOKS = 5;

function shortest(
  declared: readonly DeclaredInput[],
  written: InputWishes,
  defaults: InputWishes['dimensions'],
  files: Readonly<Record<string, FileValues>>,
  probes: readonly number[],
): SizeSettings | undefined {
  const fed = (sizes: SizeSettings): string => {
    const wishes = { ...written, ...sizes, dimensions: { ...defaults, ...sizes.dimensions } };
    return probes.map((batch_size) => shapesFed(declared, { ...wishes, batch_sizes: [batch_size] }, files)).join('\n');
  };
  const wanted = fed(written);
  let sizes = spelledOut(declared, written, files);
  const isRefused = wanted.split('\n').every((each) => each === REFUSED);
  if (isRefused || sizes === undefined || fed(sizes) !== wanted) return undefined;
  for (const shorter of shorterForms(sizes)) {
    const next = shorter(sizes);
    if (fed(next) === wanted) sizes = next;
  }
  return sizes;
}

const REFUSED = 'refused';

/** Two forms that feed the same at these batch sizes do at all: a batch is either free, or has a size that a shape gives it. */
function probesOf({ batch_sizes, shapes }: InputWishes): readonly number[] {
  const sizes = Object.values(shapes).flatMap((shape) => shape.filter((size) => typeof size === 'number' && size > 0));
  return [...new Set([1, 2, 3, ...batch_sizes, ...sizes])] as number[];
}

function shapesFed(
  declared: readonly DeclaredInput[],
  wishes: InputWishes,
  files: Readonly<Record<string, FileValues>>,
): string {
  try {
    const { batches } = planInputs(declared, wishes, files);
    return JSON.stringify(batches.map((inputs) => inputs.map(({ shape }) => shape)));
  } catch (error) {
    if (error instanceof TaskFailure) return REFUSED;
    throw error;
  }
}

/** Everything that the task's own inputs have: nothing of it is left to a default or a guess. */
function spelledOut(
  declared: readonly DeclaredInput[],
  written: InputWishes,
  files: Readonly<Record<string, FileValues>>,
): SizeSettings | undefined {
  let inputs: ReturnType<typeof axesOf>;
  try {
    inputs = axesOf(declared, written, files);
  } catch (error) {
    if (error instanceof TaskFailure) return undefined;
    throw error;
  }
  const dimensions = new Map<string, number>();
  const batch = new Set<string>();
  const needsShape = new Set<string>();
  const named = new Set(
    inputs.flatMap(({ axes }) => axes.filter(({ kind }) => kind === 'named').map((axis) => axis.name)),
  );
  for (const { name, axes } of inputs) {
    // One of which the model tells no dimensions.
    if (axes.length > 0 && declared.find((input) => input.name === name)?.shape?.length === 0) needsShape.add(name);
    for (const axis of axes) {
      if (axis.is_pinned || (axis.kind !== 'fixed' && axis.name === '')) needsShape.add(name);
      // The batch here, and a size in another input.
      else if (axis.kind === 'batch' && named.has(axis.name)) needsShape.add(name);
      else if (axis.kind === 'batch') batch.add(axis.name);
      else if (axis.kind === 'named' && (dimensions.get(axis.name) ?? axis.size) !== axis.size) needsShape.add(name);
      else if (axis.kind === 'named') dimensions.set(axis.name, axis.size);
    }
  }
  const shapes = inputs
    .filter(({ name }) => needsShape.has(name))
    .map(
      ({ name, axes }) =>
        [
          name,
          axes.map((axis) => (axis.kind === 'batch' && !axis.is_pinned ? ('batch' as const) : axis.size)),
        ] as const,
    );
  return { dimensions: inOrder(dimensions), shapes: inOrder(shapes), batch_dimensions: [...batch].sort() };
}

type Shorten = (sizes: SizeSettings) => SizeSettings;

/** Ways to say less, in a fixed order: the batch, one shape after the other, one dimension after the other. */
function shorterForms({ shapes, dimensions }: SizeSettings): Shorten[] {
  return [
    (sizes) => ({ ...sizes, batch_dimensions: undefined }),
    ...Object.keys(shapes).map(
      (name): Shorten =>
        (sizes) => ({ ...sizes, shapes: without(sizes.shapes, name) }),
    ),
    ...Object.keys(dimensions).map(
      (name): Shorten =>
        (sizes) => ({ ...sizes, dimensions: without(sizes.dimensions, name) }),
    ),
  ];
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== name));
}

function inOrder<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
