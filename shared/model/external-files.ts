import { type Field, NotProtobuf, ProtobufFile } from './protobuf-file.ts';

/** A file that a model keeps tensors in, beside its graph. */
export interface ExternalFile {
  /** As the model names it, counted from the model's folder. */
  location: string;
  /** What the model reads of it needs so many bytes at least. */
  needs_bytes: number;
}

/** The messages of onnx.proto that tensors can be in: by field number, the message that stands there. */
const MESSAGES = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
} as const satisfies Record<string, Readonly<Record<number, string>>>;
type Message = keyof typeof MESSAGES | 'tensor';

const GRAPH = 7;
const TENSOR_DIMS = 1;
const TENSOR_TYPE = 2;
const NODE_OP_TYPE = 4;
const NODE_ATTRIBUTE = 5;
const TENSOR_EXTERNAL_DATA = 13;
const TENSOR_DATA_LOCATION = 14;
const EXTERNAL = 1;
const ATTRIBUTE_NAME = 1;
const ATTRIBUTE_INT = 3;
const ATTRIBUTE_TEXT = 4;
/** Bytes of an element by its number in onnx.proto; four-bit and two-bit types and texts are left out, and so never found too short. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  ...{ 1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2 },
  ...{ 17: 1, 18: 1, 19: 1, 20: 1 },
};
/** Loops in loops; a file that is nested on purpose must not exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * The files that an ONNX model names: external data of tensors anywhere in it (subgraphs, attributes, sparse tensors,
 * functions), and contexts that were compiled for a device (`EPContext`). By name.
 * @throws NotProtobuf for a file that is no ONNX model, or a part of one
 */
export async function externalFiles(path: string): Promise<ExternalFile[]> {
  await using file = await ProtobufFile.open(path);
  const found = new Map<string, number>();
  const hasGraph = await readMessage(file, 'model', 0, file.size, found, 0);
  if (!hasGraph) throw new NotProtobuf(null);
  return [...found]
    .map(([location, needs_bytes]) => ({ location, needs_bytes }))
    .sort((a, b) => (a.location < b.location ? -1 : 1));
}

/** Whether the message has a field that every model has. */
async function readMessage(
  file: ProtobufFile,
  message: Message,
  start: number,
  end: number,
  found: Map<string, number>,
  depth: number,
): Promise<boolean> {
  if (depth > MAX_DEPTH) throw new NotProtobuf(null);
  if (message === 'tensor') {
    await readTensor(file, start, end, found);
    return true;
  }
  const children: Readonly<Record<number, Message>> = MESSAGES[message];
  let hasGraph = false;
  let isContext = false;
  for await (const field of file.fields(start, end)) {
    const child = field.wire === 2 ? children[field.number] : undefined;
    if (message === 'model' && field.number === GRAPH && field.wire === 2) hasGraph = true;
    if (message === 'node' && field.number === NODE_OP_TYPE) isContext = (await file.text(field)) === 'EPContext';
    if (child !== undefined) await readMessage(file, child, field.start, field.end, found, depth + 1);
  }
  if (isContext) await readContext(file, start, end, found);
  return hasGraph;
}

async function readTensor(file: ProtobufFile, start: number, end: number, found: Map<string, number>): Promise<void> {
  let isExternal = false;
  const entries: Field[] = [];
  let element_bytes = 0;
  let elements = 1;
  for await (const field of file.fields(start, end)) {
    if (field.number === TENSOR_DIMS) {
      const sizes = field.wire === 2 ? await file.varints(field) : [field.value];
      elements = sizes.reduce((product, size) => product * size, elements);
    } else if (field.number === TENSOR_TYPE) element_bytes = ELEMENT_BYTES[field.value] ?? 0;
    else if (field.number === TENSOR_DATA_LOCATION) isExternal = field.value === EXTERNAL;
    else if (field.number === TENSOR_EXTERNAL_DATA) entries.push(field);
  }
  if (!isExternal) return;
  const about = new Map<string, string>();
  for (const entry of entries) {
    const pair = new Map<number, string>();
    for await (const field of file.fields(entry.start, entry.end)) pair.set(field.number, await file.text(field));
    about.set(pair.get(1) ?? '', pair.get(2) ?? '');
  }
  // Without a length the tensor is as long as its shape says.
  const length = Number(about.get('length') ?? elements * element_bytes);
  const needs_bytes = Number(about.get('offset') ?? 0) + length;
  add(found, about.get('location') ?? '', needs_bytes);
}

/** com.microsoft.EPContext with `embed_mode` 0 names a file in `ep_cache_context`. */
async function readContext(file: ProtobufFile, start: number, end: number, found: Map<string, number>): Promise<void> {
  let isEmbedded = true;
  let location: string | undefined;
  for await (const field of file.fields(start, end)) {
    if (field.number !== NODE_ATTRIBUTE) continue;
    let name = '';
    let int = 0;
    let text: Field | undefined;
    for await (const part of file.fields(field.start, field.end)) {
      if (part.number === ATTRIBUTE_NAME) name = await file.text(part);
      else if (part.number === ATTRIBUTE_INT) int = part.value;
      else if (part.number === ATTRIBUTE_TEXT) text = part;
    }
    if (name === 'embed_mode') isEmbedded = int !== 0;
    // Embedded, it holds the whole context.
    if (name === 'ep_cache_context' && text !== undefined && text.end - text.start < 4096)
      location = await file.text(text);
  }
  if (!isEmbedded && location !== undefined) add(found, location, 0);
}

function add(found: Map<string, number>, location: string, needs_bytes: number): void {
  const needed = Number.isFinite(needs_bytes) ? needs_bytes : 0;
  found.set(location, Math.max(found.get(location) ?? 0, needed));
}
