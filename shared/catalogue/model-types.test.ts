import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coverageOf, modelTypes, SIZES, transformersRelease, workloadOf } from './model-types.ts';
import { findListed, listModels } from './models.ts';
import { MODALITIES, PRIORITIES, STAGES } from './stages.ts';

const types = [...modelTypes().values()];

describe('the model types', () => {
  it('are those of the pinned release, each once, in the order of names', () => {
    expect(transformersRelease()).toBe('5.24.0');
    expect(types).toHaveLength(822);
    const names = types.map(({ type }) => type);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(names.toSorted());
    for (const name of ['bert', 'gpt2', 'whisper', 'vit', 'llama', 'qwen2_vl', 'time_series_transformer'])
      expect(names).toContain(name);
  });

  it('have a family, modalities, tasks and a priority each', () => {
    for (const type of types) {
      const where = type.type;
      expect([where, type.family]).toEqual([where, expect.stringMatching(/^[a-z][a-z0-9_]*$/)]);
      expect([where, type.modalities.length]).not.toEqual([where, 0]);
      for (const modality of type.modalities) expect(MODALITIES).toContain(modality);
      expect([where, new Set(type.tasks).size]).toEqual([where, type.tasks.length]);
      if (type.default_task !== null) expect(type.tasks).toContain(type.default_task);
      expect(PRIORITIES).toContain(type.priority);
      for (const size of Object.values({ ...type.tiny, ...type.base }))
        expect([where, size > 0]).toEqual([where, true]);
    }
  });

  it('have their priority by the rule: two lines of evidence make it high, one medium, none low', () => {
    for (const { used_by, priority, type } of types)
      expect([type, priority]).toEqual([type, used_by.length >= 2 ? 'high' : used_by.length === 1 ? 'medium' : 'low']);
  });

  it('have workloads where these were counted: weights of four bytes a parameter, or the reason', () => {
    const counted = types.flatMap(({ type }) => SIZES.map((size) => [type, workloadOf(type, size)] as const));
    for (const [type, workload] of counted) {
      if (workload === undefined) continue;
      const { parameters, weight_bytes, flops, reason } = workload;
      expect([type, flops === undefined]).toEqual([type, reason !== undefined]);
      // Not every type keeps its weights in fp32, and buffers are among them.
      if (parameters !== undefined) expect([type, (weight_bytes ?? 0) >= parameters]).toEqual([type, true]);
    }
    expect(workloadOf('bert', 'base')?.flops).toBe(22_348_431_360);
  });

  it('say where the inputs get their sizes, but for types that another one feeds', () => {
    const without = types.filter(({ tiny, base }) => Object.keys(tiny).length === 0 || Object.keys(base).length === 0);
    expect(without.filter(({ priority }) => priority === 'high')).toEqual([]);
    expect(without.length).toBeLessThan(types.length / 10);
  });

  it('were tried with the release of transformers that they are from: another one needs another coverage run', () => {
    const recorded = readFileSync(new URL('./model-coverage.json', import.meta.url), 'utf8');
    expect(JSON.parse(recorded).versions.transformers).toBe(transformersRelease());
  });

  it('have a known stage each, and a reason where they come no further than a forward pass needs', () => {
    for (const { type } of types) {
      const { stage, reason } = coverageOf(type);
      expect(STAGES).toContain(stage);
      if (['none', 'config', 'model'].includes(stage))
        expect([type, reason]).toEqual([type, expect.stringMatching(/\S/)]);
    }
  });
});

describe('the list of models', () => {
  it('has the ONNX files and the types, and every model can be found by its name', () => {
    const listed = listModels();
    expect(listed.filter(({ kind }) => kind === 'onnx_file').map(({ model }) => model)).toContain('silero-vad-v6');
    expect(listed.length).toBe(types.length + listed.filter(({ kind }) => kind === 'onnx_file').length);
    for (const { model } of listed) expect(findListed(model)?.model).toBe(model);
  });

  it.each([
    [{ family: ['bert'] }, ['bert']],
    [{ family: ['gpt2', 'bert'], priority: ['high'] }, ['bert', 'gpt2']],
    [{ search: 'SILERO' }, ['silero-vad-v5', 'silero-vad-v6']],
    [{ family: ['bert'], priority: ['low'] }, []],
    [{ task: ['text-detection'] }, ['pp-ocrv4-detection']],
  ])('filtered by %j is %j', (filter, expected) => {
    expect(listModels(filter).map(({ model }) => model)).toEqual(expected);
  });

  it('says for every executor whether it runs a model, and why not', () => {
    for (const { model, runs } of listModels()) {
      expect(runs.map(({ executor }) => executor)).toEqual(['onnx', 'torch']);
      for (const { can, reason } of runs) expect([model, can === true]).toEqual([model, reason === null]);
    }
  });
});
