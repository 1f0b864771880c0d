import { GLYPH_BASELINE, GLYPH_HEIGHT, GLYPHS } from './glyphs.ts';

/** Red, green, blue; 0 to 255. */
export type Colour = readonly [number, number, number];

/** A picture in memory, white at first. Coordinates are pixels from the top left; edges are smooth. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel, row by row. */
  readonly pixels: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3).fill(255);
  }

  rectangle(x0: number, y0: number, x1: number, y1: number, colour: Colour): void {
    this.#paint([x0, y0, x1, y1], colour, (x, y) => overlap(x, x0, x1) * overlap(y, y0, y1));
  }

  line(x0: number, y0: number, x1: number, y1: number, width: number, colour: Colour): void {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length2 = dx * dx + dy * dy;
    const box = [
      Math.min(x0, x1) - width,
      Math.min(y0, y1) - width,
      Math.max(x0, x1) + width,
      Math.max(y0, y1) + width,
    ];
    this.#paint(box, colour, (x, y) => {
      const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
      const along = length2 === 0 ? 0 : Math.min(Math.max((px * dx + py * dy) / length2, 0), 1);
      return (width + 1) / 2 - Math.hypot(px - along * dx, py - along * dy);
    });
  }

  /** @param ring - thickness of its line; without it is filled */
  circle(cx: number, cy: number, radius: number, colour: Colour, ring?: number): void {
    const box = [cx - radius - 2, cy - radius - 2, cx + radius + 2, cy + radius + 2];
    this.#paint(box, colour, (x, y) => {
      const distance = Math.hypot(x + 0.5 - cx, y + 0.5 - cy);
      return ring === undefined ? radius + 0.5 - distance : (ring + 1) / 2 - Math.abs(distance - radius);
    });
  }

  /** Its baseline begins at the point, or ends there. What there is no letter for is a question mark. */
  text(x: number, y: number, text: string, colour: Colour, align: 'start' | 'end' = 'start'): void {
    let left = Math.round(align === 'end' ? x - widthOf(text) : x);
    const top = Math.round(y) - GLYPH_BASELINE;
    for (const character of text) {
      const { width, cover } = glyphOf(character);
      const from = left;
      this.#paint([from, top, from + width, top + GLYPH_HEIGHT], colour, (px, py) => {
        const [column, row] = [px - from, py - top];
        return column < width && row < GLYPH_HEIGHT ? (cover[row * width + column] ?? 0) / 15 : 0;
      });
      left += width;
    }
  }

  /** Blends a colour into the pixels of a box, as far as it covers each. */
  #paint(box: readonly number[], colour: Colour, coverOf: (x: number, y: number) => number): void {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box;
    for (let y = Math.max(Math.floor(y0), 0); y < Math.min(Math.ceil(y1), this.height); y++)
      for (let x = Math.max(Math.floor(x0), 0); x < Math.min(Math.ceil(x1), this.width); x++) {
        const cover = Math.min(Math.max(coverOf(x, y), 0), 1);
        if (cover === 0) continue;
        const at = (y * this.width + x) * 3;
        for (const [i, part] of colour.entries())
          this.pixels[at + i] = Math.round((this.pixels[at + i] ?? 255) * (1 - cover) + part * cover);
      }
  }
}

export const widthOf = (text: string): number => [...text].reduce((sum, each) => sum + glyphOf(each).width, 0);

const glyphOf = (character: string) =>
  GLYPHS.get(character) ?? GLYPHS.get('?') ?? { width: 0, cover: new Uint8Array() };

/** How much of a pixel lies between two edges. */
const overlap = (at: number, from: number, to: number): number => Math.min(at + 1, to) - Math.max(at, from);
