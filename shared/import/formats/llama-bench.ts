import { basename } from 'node:path';
import type { Environment } from '../../contracts/hardware.ts';
import { Collected } from '../collect.ts';
import type { FileDevice, ImportFormat, ImportInput } from '../format.ts';
import { fieldsOf, itemsOf, textOf, timeOf } from '../read-values.ts';

const SETTINGS = [
  ...['n_batch', 'n_ubatch', 'n_threads', 'n_gpu_layers', 'type_k', 'type_v', 'flash_attn', 'split_mode', 'main_gpu'],
  ...['no_kv_offload', 'use_mmap', 'embeddings', 'cpu_mask', 'cpu_strict', 'poll', 'n_depth'],
] as const;

/** `llama-bench -o json` or `-o jsonl`: tokens per second, with the samples. */
export const llamaBench: ImportFormat = {
  name: 'llama-bench',
  title: 'llama-bench -o json or jsonl',
  detect: (input) => {
    const [first] = rowsOf(input).map(fieldsOf);
    return first !== undefined && 'model_filename' in first && ('avg_ts' in first || 'samples_ts' in first);
  },
  parse(input) {
    const collected = new Collected(input, 'llama-bench');
    for (const item of rowsOf(input)) {
      const row = fieldsOf(item);
      const { model_filename, model_type, n_prompt, n_gen, avg_ts, stddev_ts, samples_ts } = row;
      collected.device ??= deviceOf(row);
      collected.measured_at ??= timeOf(textOf(row.test_time));
      if (textOf(row.build_commit) !== undefined)
        collected.facts.llama_cpp_commit = String(row.build_commit).slice(0, 64);
      const prompt = Number(n_prompt) > 0 ? `pp${n_prompt}` : '';
      const generated = Number(n_gen) > 0 ? `tg${n_gen}` : '';
      const model = textOf(model_filename);
      const rate = { unit: 'tokens/s', better: 'higher', statistic: 'mean', stddev: stddev_ts } as const;
      collected.add(
        `${textOf(model_type) ?? model ?? 'llama'} ${[prompt, generated].filter((part) => part !== '').join('+')}`,
        {
          tokens_per_second:
            itemsOf(samples_ts).length > 0 ? { ...rate, values: itemsOf(samples_ts) } : { ...rate, value: avg_ts },
        },
        {
          ...(model === undefined ? {} : { model: basename(model) }),
          parameters: Object.fromEntries(SETTINGS.map((name) => [name, row[name]])),
        },
      );
    }
    return collected.file();
  },
};

function rowsOf({ json, text }: ImportInput): readonly unknown[] {
  if (json !== undefined) return Array.isArray(json) ? json : [json];
  if (!text.includes('"model_filename"')) return [];
  return text.split('\n').flatMap((line) => {
    try {
      return line.trim() === '' ? [] : [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

function deviceOf(row: Readonly<Record<string, unknown>>): FileDevice | undefined {
  const [cpu, gpu, backends] = [textOf(row.cpu_info), textOf(row.gpu_info), textOf(row.backends)];
  const name = gpu ?? cpu;
  if (name === undefined) return undefined;
  const said = { cpu_model: cpu, gpu_model: gpu, backends };
  const facts = Object.fromEntries(
    Object.entries(said).flatMap(([fact, value]) => (value === undefined ? [] : [[fact, value]])),
  ) as Environment;
  return { name: name.slice(0, 128), facts, identity: Object.keys(facts) };
}
