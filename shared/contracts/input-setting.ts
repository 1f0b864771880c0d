import { z } from 'zod';

const scalar = z.union([z.number(), z.string(), z.boolean()]);
type Scalar = z.infer<typeof scalar>;
type List = Array<Scalar | List>;
const list: z.ZodType<List> = z.lazy(() => z.array(z.union([scalar, list])));

/**
 * What an input of a model is filled with: a value, a list (nested as the input's dimensions are), numbers at random between
 * two bounds, the content of a file in the worker's model folders, or texts. Since 0.4.
 */
export const inputSetting = z.union([
  scalar,
  list,
  z.strictObject({ value: scalar }),
  z.strictObject({
    /** Whole numbers include the upper bound, others do not. */
    range: z
      .tuple([z.number(), z.number()])
      .refine(([min, max]) => min <= max, 'the first number of a range must not be larger than the second'),
  }),
  z.strictObject({ file: z.string().min(1).max(2048) }),
  z.strictObject({
    strings: z.union([z.array(z.string()).min(1), z.strictObject({ length: z.int().min(0).max(1_000_000) })]),
  }),
]);
export type InputSetting = z.infer<typeof inputSetting>;

/** What an input was fed with in one batch size. */
export const fedInput = z.object({
  type: z.string(),
  shape: z.array(z.int().min(0)),
  /** In words: `random in [0, 1)`, `16000`, `file ids.npy (sha256 0f3a…)`. */
  values: z.string(),
  /** Nobody said the values, and they may matter. */
  guessed: z.boolean().optional(),
});
export type FedInput = z.infer<typeof fedInput>;
