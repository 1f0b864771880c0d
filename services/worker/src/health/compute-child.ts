/**
 * The part of a health check that any machine can do, in a process of its own: the same work twice, over memory that
 * is written and read in full. A machine that computes or remembers wrongly gives two answers. Prints `same` or what
 * differs. Started by check.ts.
 */
import { createHash } from 'node:crypto';
import { createRandom } from '@benchwire/shared/stats/random.ts';

const BYTES = 64 * 1024 ** 2;
const SIZE = 128;

function digestOfMemory(): string {
  const random = createRandom(1);
  const words = new Uint32Array(BYTES / 4);
  // A short pattern, repeated: what is tested is the memory, not the generator.
  const pattern = Uint32Array.from({ length: 4096 }, () => Math.floor(random() * 2 ** 32));
  for (let at = 0; at < words.length; at += pattern.length) words.set(pattern, at);
  return createHash('sha256').update(words).digest('hex');
}

function sumOfProduct(): number {
  const random = createRandom(2);
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: SIZE * SIZE }, () => random())) as [
    Float64Array,
    Float64Array,
  ];
  let sum = 0;
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      for (let k = 0; k < SIZE; k++) sum += (a[row * SIZE + k] ?? 0) * (b[k * SIZE + column] ?? 0);
    }
  }
  return sum;
}

const [memory, again] = [digestOfMemory(), digestOfMemory()];
const [product, repeated] = [sumOfProduct(), sumOfProduct()];
if (memory !== again) process.stdout.write('the same memory has two contents');
else if (product !== repeated) process.stdout.write('the same sum has two values');
else process.stdout.write('same');
