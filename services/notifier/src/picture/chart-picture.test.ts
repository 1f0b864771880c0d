import { inflateSync } from 'node:zlib';
import type { SeriesChart } from '@benchwire/shared/contracts/notify.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chartPicture } from './chart-picture.ts';

const CHART: SeriesChart = {
  ...{ title: 'latency_ms', unit: 'ms', before: [9.9, 10.1, 10, 10.05, 9.95] },
  ...{ median: 10, low: 9.7, high: 10.3, after: [12.5, 12.4] },
};

/** The colours of a PNG as `pngOf` writes them, row by row. */
function pixelsOf(png: Buffer): {
  width: number;
  height: number;
  at(x: number, y: number): string;
  colours: Set<string>;
} {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const data = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const row = width * 3;
  expect(data).toHaveLength((row + 1) * height);
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < row; x++)
      pixels[y * row + x] = (data[y * (row + 1) + 1 + x] ?? 0) + (y === 0 ? 0 : (pixels[(y - 1) * row + x] ?? 0));
  const at = (x: number, y: number): string => pixels.subarray(y * row + x * 3, y * row + x * 3 + 3).join(' ');
  const colours = new Set<string>();
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) colours.add(at(x, y));
  return { width, height, at, colours };
}

const WHITE = '255 255 255';

it('shows levels, range and the value that was found in their colours', () => {
  const picture = chartPicture(CHART);
  if (picture === undefined) throw new Error('no picture');
  const { png, width, height, alt } = picture;
  const pixels = pixelsOf(png);
  expect([pixels.width, pixels.height]).toEqual([width, height]);
  expect(pixels.at(0, 0)).toBe(WHITE);
  for (const colour of ['34 102 170', '204 34 34', '221 238 255']) expect(pixels.colours).toContain(colour);
  expect(alt).toBe('latency_ms: 10 before, 12.5 ms found');
  // Teams takes 28 kB for the whole message, in base64.
  expect(png.length).toBeLessThan(15_000);
});

it('is a picture for all numbers, and none where one is not finite', () => {
  const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 60 }),
      fc.array(value, { minLength: 1, maxLength: 4 }),
      (before, after) => {
        const [median = 0] = [...before, ...after];
        const picture = chartPicture({
          ...CHART,
          title: '日本 <ms>',
          before,
          after,
          median,
          low: median,
          high: median,
        });
        expect(picture?.png.subarray(1, 4).toString()).toBe('PNG');
      },
    ),
    { numRuns: 30 },
  );
  expect(chartPicture({ ...CHART, after: [Number.NaN] })).toBeUndefined();
  expect(chartPicture({ ...CHART, high: Number.POSITIVE_INFINITY })).toBeUndefined();
});
