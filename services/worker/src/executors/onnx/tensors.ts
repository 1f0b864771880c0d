import type { Random } from '@benchwire/shared/stats/random.ts';

type Data =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const MAKERS = {
  float32: (n: number) => new Float32Array(n),
  float64: (n: number) => new Float64Array(n),
  // Half floats travel as their bits: onnxruntime-node reads no Float16Array (see child.ts).
  float16: (n: number) => new Uint16Array(n),
  int8: (n: number) => new Int8Array(n),
  uint8: (n: number) => new Uint8Array(n),
  int16: (n: number) => new Int16Array(n),
  uint16: (n: number) => new Uint16Array(n),
  int32: (n: number) => new Int32Array(n),
  uint32: (n: number) => new Uint32Array(n),
  int64: (n: number) => new BigInt64Array(n),
  uint64: (n: number) => new BigUint64Array(n),
  bool: (n: number) => new Uint8Array(n),
} satisfies Record<string, (n: number) => Data>;

/** The element types that inputs can be generated of, by ONNX Runtime's names. */
export type ElementType = keyof typeof MAKERS;

export function isElementType(type: string | undefined): type is ElementType {
  return type !== undefined && Object.hasOwn(MAKERS, type);
}

/**
 * Elements for a tensor of that type and shape. Floats are uniform in [0, 1): neither denormal nor NaN, which would
 * change how fast arithmetic is. Integers are 0 or 1, since an index must exist whatever it indexes. A `constant`
 * fills instead. Throws RangeError where the elements do not fit in memory.
 */
export function generateElements(
  type: ElementType,
  shape: readonly number[],
  constant: number | null,
  random: Random,
): Data {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = MAKERS[type](count);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < count; i++) data[i] = BigInt(constant ?? Math.round(random()));
    return data;
  }
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  for (let i = 0; i < count; i++) {
    if (type === 'float16') data[i] = halfBits(constant ?? random());
    else data[i] = constant ?? (isFloat ? random() : Math.round(random()));
  }
  return data;
}

const WIDE = new Float32Array(1);
const WIDE_BITS = new Uint32Array(WIDE.buffer);

/**
 * The bits of the half float nearest below (in magnitude) a number (IEEE 754 binary16). What is too small for a
 * normal half becomes 0, what is too large infinite.
 */
export function halfBits(value: number): number {
  WIDE[0] = value;
  const bits = WIDE_BITS[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  if (Number.isNaN(value)) return 0x7e00;
  if (exponent <= 0) return sign;
  if (exponent >= 31) return sign | 0x7c00;
  return sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}
