import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';

/** `onnx-outputs.ts FOLDER`: runs the model that feed.json names with its inputs, and writes outputs.json (see onnx_outputs.py). */
const feed = z.object({
  model: z.string(),
  inputs: z.array(z.object({ name: z.string(), type: z.string(), dims: z.array(z.int()), file: z.string() })),
});

/** Of ONNX Runtime's types: what holds their elements, and what numpy calls them. */
const TYPES = {
  float32: { array: Float32Array, numpy: 'float32' },
  float64: { array: Float64Array, numpy: 'float64' },
  float16: { array: Uint16Array, numpy: 'float16' },
  int64: { array: BigInt64Array, numpy: 'int64' },
  int32: { array: Int32Array, numpy: 'int32' },
  int8: { array: Int8Array, numpy: 'int8' },
  uint8: { array: Uint8Array, numpy: 'uint8' },
  bool: { array: Uint8Array, numpy: 'bool' },
};
const typeNamed = z.enum(Object.keys(TYPES) as Array<keyof typeof TYPES>);

const [folder = '.'] = process.argv.slice(2);
if (folder === '--version') {
  process.stdout.write(`onnxruntime-node ${env.versions.node}\n`);
  process.exit(0);
}
const { model, inputs } = feed.parse(JSON.parse(readFileSync(join(folder, 'feed.json'), 'utf8')));
const session = await InferenceSession.create(join(folder, model), { intraOpNumThreads: 1, logSeverityLevel: 3 });
const tensors = inputs.map(({ name, type: numpy, dims, file }) => {
  const type = typeNamed.parse(numpy);
  const bytes = readFileSync(join(folder, file));
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return [name, new Tensor(type as 'float32', new TYPES[type].array(whole) as unknown as Float32Array, dims)] as const;
});
const results = await session.run(Object.fromEntries(tensors));
const outputs = session.outputNames.map((name, place) => {
  const { type, dims, data } = results[name] as Tensor;
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  const file = `output-${place}.bin`;
  writeFileSync(join(folder, file), new Uint8Array(buffer, byteOffset, byteLength));
  return { name, type: TYPES[typeNamed.parse(type)].numpy, dims, file };
});
writeFileSync(join(folder, 'outputs.json'), JSON.stringify(outputs));
