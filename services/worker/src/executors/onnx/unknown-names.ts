import { badInput } from '@benchwire/shared/model/errors.ts';
import { didYouMean } from '@benchwire/shared/runtime/near-names.ts';
import { isBatchName } from './batch-dimensions.ts';

/** What an input's dimensions are once it is known which of them are the batch. */
interface NamedInput {
  name: string;
  axes: ReadonlyArray<{ kind: 'fixed' } | { kind: 'batch' | 'named'; name: string }>;
}

interface DeclaredNames {
  name: string;
  shape?: readonly (number | string)[];
}

interface NamingWishes {
  shapes: Readonly<Record<string, unknown>>;
  inputs: Readonly<Record<string, unknown>>;
  dimensions: Readonly<Record<string, number | 'batch'>>;
  batch_dimensions: readonly string[] | undefined;
  known: { inputs: Readonly<Record<string, { shape: readonly (number | string)[] }>> } | null;
}

/** Throws `TaskFailure` (bad_input) for a name in `shapes`, `inputs`, `dimensions` or `batch_dimensions` that the model does not have. */
export function refuseUnknownNames(
  inputs: readonly NamedInput[],
  declared: readonly DeclaredNames[],
  wishes: NamingWishes,
): void {
  const names = inputs.map(({ name }) => name);
  for (const field of ['shapes', 'inputs'] as const) {
    for (const name of Object.keys(wishes[field])) {
      if (names.includes(name)) continue;
      const near = didYouMean(name, names);
      throw badInput(
        'INPUT_UNKNOWN',
        `config.${field} names "${name}", but the model's inputs are: ${names.join(', ') || 'none'}.${near}`,
      );
    }
  }
  const all = new Set(
    declared.flatMap(({ name, shape }) =>
      (wishes.known?.inputs[name]?.shape ?? shape ?? []).filter((d) => typeof d === 'string' && d !== ''),
    ),
  ) as ReadonlySet<string>;
  const dynamic = new Set(
    inputs.flatMap(({ axes }) => axes.flatMap((a) => (a.kind === 'named' && a.name ? [a.name] : []))),
  );
  const refuse = (field: string, name: string, known: Iterable<string>, hint: string): never => {
    const list = [...known];
    throw badInput(
      'DIMENSION_NOT_IN_MODEL',
      `config.${field} names "${name}", but the model's dynamic dimensions are: ${list.join(', ') || 'none'}.${didYouMean(name, list)}${hint}`,
    );
  };
  for (const name of wishes.batch_dimensions ?? []) if (!all.has(name)) refuse('batch_dimensions', name, all, '');
  for (const [name, size] of Object.entries(wishes.dimensions)) {
    if (size === 'batch' ? all.has(name) : dynamic.has(name)) continue;
    const isBatch = all.has(name) || isBatchName(name);
    const hint =
      ' The batch is set with config.batch_sizes; config.batch_dimensions says which dimensions it is ([] for none).';
    refuse('dimensions', name, size === 'batch' ? all : dynamic, isBatch && size !== 'batch' ? hint : '');
  }
}
