/** Folders and files that are called the same in every model's repository. */
const SAYS_NOTHING =
  /^(onnx|models?|weights|checkpoints?|exports?|quantized|fp16|fp32|int8|model[._-].*|snapshots|resolve|main|[0-9a-f]{40})$/i;

/**
 * A model's name for people: of a path or a URL its file, and the folders before it as far as the file is called as everybody's is.
 * `/home/me/bert/onnx/model.onnx` is `bert/onnx/model.onnx`. A name of the catalogue stays. Pure.
 */
export function modelName(model: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(model);
  const path = isUrl ? model.replace(/^[^:]+:\/\/[^/]*/, '').replace(/[?#].*$/, '') : model;
  const steps = path.split(/[/\\]+/).filter((step) => step !== '' && step !== '.' && step !== '..');
  let from = steps.length - 1;
  while (from > 0 && SAYS_NOTHING.test(steps[from] ?? '')) from--;
  const name = steps.slice(Math.max(0, from)).join('/');
  return name === '' ? model : name;
}
