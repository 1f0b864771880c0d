import { type Field, NotProtobuf, ProtobufFile } from './protobuf-file.ts';

/** An input as the model's file declares it, in the words of ONNX Runtime: '' for a dimension without a name. */
export interface ModelInput {
  name: string;
  isTensor: boolean;
  type?: string;
  shape?: readonly (number | string)[];
}

/** ONNX Runtime's names of onnx.proto's element types that tensors can be made of. */
const TYPES: Readonly<Record<number, string>> = {
  ...{ 1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 8: 'string', 9: 'bool' },
  ...{ 10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64' },
};
const MODEL_GRAPH = 7;
const GRAPH = { tensor: 5, input: 11, sparse: 15 } as const;
const TENSOR_NAME = 8;

/**
 * The inputs that a model has to be fed with: those of its graph without the ones that the file gives a value.
 * @returns null for a file that does not tell them, such as one of ONNX Runtime's own format
 */
export async function modelInputs(path: string): Promise<ModelInput[] | null> {
  if (/\.ort$/i.test(path)) return null;
  await using file = await ProtobufFile.open(path);
  try {
    const inputs: ModelInput[] = [];
    const given = new Set<string>();
    for await (const graph of partsOf(file, { start: 0, end: file.size }, MODEL_GRAPH)) {
      for await (const field of file.fields(graph.start, graph.end)) {
        if (field.wire !== 2) continue;
        if (field.number === GRAPH.input) inputs.push(await readInput(file, field));
        else if (field.number === GRAPH.tensor) given.add(await nameOfTensor(file, field));
        else if (field.number === GRAPH.sparse)
          for await (const values of partsOf(file, field, 1)) given.add(await nameOfTensor(file, values));
      }
    }
    return inputs.filter(({ name }) => !given.has(name));
  } catch (error) {
    if (error instanceof NotProtobuf) return null;
    throw error;
  }
}

/** ValueInfoProto: name (1), type (2) > tensor_type (1) > elem_type (1), shape (2) > dim (1) > dim_value (1) or dim_param (2). */
async function readInput(file: ProtobufFile, info: Field): Promise<ModelInput> {
  const input: ModelInput = { name: '', isTensor: false };
  const shape: Array<number | string> = [];
  for await (const name of partsOf(file, info, 1)) input.name = await file.text(name);
  for await (const type of partsOf(file, info, 2)) {
    for await (const tensor of partsOf(file, type, 1)) {
      input.isTensor = true;
      for await (const field of file.fields(tensor.start, tensor.end)) {
        if (field.number === 1 && field.wire === 0) input.type = TYPES[field.value] ?? `type ${field.value}`;
        if (field.number !== 2 || field.wire !== 2) continue;
        for await (const dimension of partsOf(file, field, 1)) shape.push(await readDimension(file, dimension));
      }
    }
  }
  return input.isTensor ? { ...input, shape } : input;
}

async function readDimension(file: ProtobufFile, dimension: Field): Promise<number | string> {
  let size: number | string = '';
  for await (const field of file.fields(dimension.start, dimension.end)) {
    // Below zero stands for unknown; as a varint it is beyond what a number holds exactly.
    if (field.number === 1 && field.wire === 0) size = Number.isSafeInteger(field.value) ? field.value : '';
    else if (field.number === 2 && field.wire === 2) size = await file.text(field);
  }
  return size;
}

async function nameOfTensor(file: ProtobufFile, tensor: Field): Promise<string> {
  for await (const name of partsOf(file, tensor, TENSOR_NAME)) return await file.text(name);
  return '';
}

async function* partsOf(
  file: ProtobufFile,
  { start, end }: Pick<Field, 'start' | 'end'>,
  number: number,
): AsyncGenerator<Field> {
  for await (const part of file.fields(start, end)) if (part.number === number && part.wire === 2) yield part;
}
