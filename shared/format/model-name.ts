/** Folders and files that are called the same in every model's repository. */
const SAYS_NOTHING =
  /^(onnx|models?|weights|checkpoints?|exports?|quantized|fp16|fp32|int8|model[._-].*|snapshots|resolve|main|[0-9a-f]{40})$/i;

/**
 * A model's name for people: of a path or a URL its file, and the folders before it as far as the file is called as everybody's is.
 * `/home/me/bert/onnx/model.onnx` is `bert/onnx/model.onnx`. A name of the catalogue stays. Pure.
 */
export function modelName(model: string): string {
  const steps = stepsOf(model);
  return nameFrom(model, steps, firstToShow(steps));
}

/**
 * Names for models that are shown together: two that `modelName` would call the same keep as many folders as it takes to tell them
 * apart. `v1/a.onnx` and `v2/a.onnx` are called so. Pure.
 */
export function distinctModelNames(models: Iterable<string>): (model: string) => string {
  const names = new Map<string, string>();
  const alike = Map.groupBy(new Set(models), modelName);
  for (const [name, group] of alike) {
    if (group.length === 1) continue;
    const paths = group.map((model) => ({ model, steps: stepsOf(model) }));
    const longest = Math.max(...paths.map(({ steps }) => steps.length));
    for (let shown = name.split('/').length + 1; shown <= longest + 1; shown++) {
      const longer = paths.map(({ model, steps }) =>
        // What differs in no folder differs before or between them: `a.onnx` and `./a.onnx`.
        shown > longest ? model : nameFrom(model, steps, steps.length - shown),
      );
      if (shown <= longest && new Set(longer).size < longer.length) continue;
      for (const [at, { model }] of paths.entries()) names.set(model, longer[at] ?? model);
      break;
    }
  }
  return (model) => names.get(model) ?? modelName(model);
}

function stepsOf(model: string): string[] {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(model);
  const path = isUrl ? model.replace(/^[^:]+:\/\/[^/]*/, '').replace(/[?#].*$/, '') : model;
  return path.split(/[/\\]+/).filter((step) => step !== '' && step !== '.' && step !== '..');
}

function firstToShow(steps: readonly string[]): number {
  let from = steps.length - 1;
  while (from > 0 && SAYS_NOTHING.test(steps[from] ?? '')) from--;
  return from;
}

function nameFrom(model: string, steps: readonly string[], from: number): string {
  const name = steps.slice(Math.max(0, from)).join('/');
  return name === '' ? model : name;
}
