import { CATALOGUE } from '../catalogue/catalogue.ts';
import { isRecord } from '../runtime/is-record.ts';

/** A config of `onnx` without what the catalogue's model has anyway, written out by the author of a request. Pure. */
export function withoutCatalogueDefaults(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { model, dimensions, shapes, inputs, batch_dimensions } = config;
  const known = typeof model === 'string' && Object.hasOwn(CATALOGUE, model) ? CATALOGUE[model] : undefined;
  if (known === undefined) return { ...config };
  const size = (name: string): number | undefined =>
    Object.hasOwn(known.dimensions, name) ? known.dimensions[name]?.size : undefined;
  const input = (name: string) => (Object.hasOwn(known.inputs, name) ? known.inputs[name] : undefined);
  const usualShape = (name: string, shape: unknown): boolean => {
    const usual = input(name)?.shape;
    if (!Array.isArray(shape) || usual === undefined || usual.length !== shape.length) return false;
    return usual.every((each, at) => {
      if (each === known.batch_dimension) return shape[at] === 'batch' || shape[at] === 1;
      // A size that `dimensions` has changed is no default here.
      const of_model =
        typeof each === 'number'
          ? each
          : isRecord(dimensions) && Object.hasOwn(dimensions, each)
            ? undefined
            : size(each);
      return shape[at] === of_model;
    });
  };
  const without = (value: unknown, isUsual: (name: string, inner: unknown) => boolean): unknown =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).filter(([name, inner]) => !isUsual(name, inner)))
      : value;
  const copy: Record<string, unknown> = {
    ...config,
    dimensions: without(dimensions, (name, inner) => inner === size(name)),
    shapes: without(shapes, usualShape),
    inputs: without(inputs, (name, inner) => inner !== undefined && inner === input(name)?.constant),
  };
  if (JSON.stringify(batch_dimensions) === JSON.stringify([known.batch_dimension])) delete copy.batch_dimensions;
  return copy;
}
