export type Scalar = number | string | boolean | bigint;

/** What an input is filled with. */
export type ValueRule =
  /** Whole numbers up to `max`, others below it. */
  | { kind: 'random'; min: number; max: number }
  | { kind: 'words'; length: number }
  | { kind: 'constant'; value: Scalar }
  /** One after the other, from the beginning again where the input takes more. */
  | { kind: 'values'; values: ArrayLike<Scalar>; shape: readonly number[] | null; from: string };
