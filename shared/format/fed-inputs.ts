import type { FedInputsRow } from '../contracts/rows.ts';

/** One input as one or more tasks fed it. */
export interface FedInputLine {
  tasks: string[];
  batches: number[];
  input: string;
  type: string;
  /** `[batch, 3, 224, 224]`, where only the batch size makes shapes differ; else `[4, 3, 224, 224]`. */
  shape: string;
  /** In words: `random in [0, 1)`. */
  values: string;
  guessed: boolean;
}

/**
 * What was fed, one line for each input. Batch sizes of a task that differ in nothing but the sizes that grow with them share a
 * line, and so do tasks that were fed alike. Pure.
 */
export function fedInputLines(rows: readonly FedInputsRow[]): FedInputLine[] {
  const ofTasks = [...Map.groupBy(rows, ({ task_id }) => task_id)].flatMap(([task_id, of_task]) =>
    linesOfTask(of_task).map((line) => ({ ...line, tasks: [task_id] })),
  );
  const alike = Map.groupBy(ofTasks, ({ tasks: _, ...line }) => JSON.stringify(line));
  return [...alike.values()].flatMap((lines) => {
    const [first] = lines;
    return first === undefined ? [] : [{ ...first, tasks: lines.flatMap(({ tasks }) => tasks) }];
  });
}

function linesOfTask(rows: readonly FedInputsRow[]): Array<Omit<FedInputLine, 'tasks'>> {
  const batches = new Set(rows.map(({ batch_size }) => batch_size));
  const fed = rows.flatMap(({ batch_size, inputs }) =>
    Object.entries(inputs).map(([input, { type, shape, values, guessed }]) => ({
      ...{ batch_size, input, type, shape, values, guessed: guessed === true },
    })),
  );
  const of_input = Map.groupBy(fed, ({ input, type, values, guessed }) =>
    JSON.stringify([input, type, values, guessed]),
  );
  return [...of_input.values()].flatMap((each) => {
    // With one batch size nobody can tell which sizes grow with it.
    const grows = batches.size > 1 ? inOneShape(each) : undefined;
    const shapes =
      grows === undefined
        ? Map.groupBy(each, ({ shape }) => `[${shape.join(', ')}]`)
        : new Map([[`[${grows.join(', ')}]`, each]]);
    return [...shapes].flatMap(([shape, of_shape]) => {
      const [first] = of_shape;
      if (first === undefined) return [];
      const { input, type, values, guessed } = first;
      return [{ batches: of_shape.map(({ batch_size }) => batch_size), input, type, shape, values, guessed }];
    });
  });
}

/** The shape with `batch` where it is the batch size every time; undefined where something else differs. */
function inOneShape(
  each: ReadonlyArray<{ batch_size: number; shape: readonly number[] }>,
): Array<number | 'batch'> | undefined {
  const [first] = each;
  if (first === undefined || each.some(({ shape }) => shape.length !== first.shape.length)) return undefined;
  const sizes = first.shape.map((size, at) => {
    if (each.every(({ shape }) => shape[at] === size)) return size;
    return each.every(({ shape, batch_size }) => shape[at] === batch_size) ? 'batch' : undefined;
  });
  return sizes.includes(undefined) ? undefined : (sizes as Array<number | 'batch'>);
}
