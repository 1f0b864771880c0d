import type { Random } from '@benchwire/shared/stats/random.ts';
import type { ValueRule } from './value-rule.ts';

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
export type ElementType = keyof typeof MAKERS | 'string';

export function isElementType(type: string | undefined): type is ElementType {
  return type !== undefined && (type === 'string' || Object.hasOwn(MAKERS, type));
}

/** Little-endian bytes as elements; undefined where they are no whole number of them. */
export function bytesAsElements(type: ElementType, bytes: Uint8Array): Data | undefined {
  if (type === 'string') return undefined;
  const elements = MAKERS[type](Math.floor(bytes.length / MAKERS[type](0).BYTES_PER_ELEMENT));
  if (elements.byteLength !== bytes.length) return undefined;
  new Uint8Array(elements.buffer).set(bytes);
  return elements;
}

/**
 * Elements for a tensor of that type and shape. By default floats are uniform in [0, 1): neither denormal nor NaN, which
 * would change how fast arithmetic is, and integers are 0 or 1, since an index must exist whatever it indexes.
 * Throws RangeError where the elements do not fit in memory.
 */
export function generateElements(
  type: ElementType,
  shape: readonly number[],
  rule: ValueRule,
  random: Random,
): Data | string[] {
  const count = shape.reduce((product, size) => product * size, 1);
  if (type === 'string') {
    return Array.from({ length: count }, (_, i) => {
      return rule.kind === 'words' ? word(rule.length, random) : String(valueAt(rule, i, random, true));
    });
  }
  const data = MAKERS[type](count);
  // Elements of a file are the tensor's already, half floats among them.
  if (rule.kind === 'values' && ArrayBuffer.isView(rule.values)) {
    for (let i = 0; i < count; i++) data[i] = rule.values[i % rule.values.length] as number & bigint;
    return data;
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < count; i++) data[i] = BigInt(valueAt(rule, i, random, true));
    return data;
  }
  const isFloat = data instanceof Float32Array || data instanceof Float64Array || type === 'float16';
  for (let i = 0; i < count; i++) {
    const value = Number(valueAt(rule, i, random, !isFloat));
    data[i] = type === 'float16' ? halfBits(value) : value;
  }
  return data;
}

function valueAt(rule: ValueRule, index: number, random: Random, isWhole: boolean): number | string | boolean | bigint {
  switch (rule.kind) {
    case 'constant':
      return rule.value;
    case 'values':
      return rule.values[index % rule.values.length] ?? 0;
    case 'random': {
      const { min, max } = rule;
      if (!isWhole) return min + random() * (max - min);
      return Math.min(max, min + Math.floor(random() * (max - min + 1)));
    }
    case 'words':
      return 0;
    default:
      return rule satisfies never;
  }
}

function word(length: number, random: Random): string {
  return String.fromCharCode(...Array.from({ length }, () => 97 + Math.floor(random() * 26)));
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
