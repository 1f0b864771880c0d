/** A worker in the middle of a task, to be killed: says `measuring` once it is, and goes on for a day. */
import { createOnnxExecutor } from '../src/executors/onnx/onnx-executor.ts';
import { onnxContext } from './onnx-context.ts';

const context = onnxContext({ model: 'silero-vad-v5', iterations: 10_000_000, max_seconds: 86_400 });
const executor = createOnnxExecutor({
  model_folders: [],
  cache_folder: { path: '', is_default: false },
  fetch,
  max_download_bytes: 0,
  hang_seconds: 60,
  max_memory_mb: null,
  env: process.env,
});
await executor.execute({ ...context, emit: async () => console.log('measuring') });
