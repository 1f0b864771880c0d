import { expect, it } from 'vitest';
import { callsPerSample } from './measure.ts';
import { placedNodes } from './proof.ts';

const said = (text: string): string =>
  `2026-11-30 22:23:52.486909 [V:onnxruntime:, session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp] ${text}`;

it('reads where ONNX Runtime placed the nodes', () => {
  const lines = [
    'ORT optimization- Force fallback to CPU execution for node: /Gather_2 because the CPU execution path is deemed faster',
    said('Node placements'),
    said(' Node(s) placed on [WebGpuExecutionProvider]. Number of nodes: 2'),
    said('  Conv (/conv/Conv)'),
    said('  Conv (/conv/Conv_1)'),
    said(' Node(s) placed on [CPUExecutionProvider]. Number of nodes: 4'),
    said('  Shape (/Shape)'),
    said('  Gather (/Gather_2)'),
    said('  Gather (/Gather_3)'),
    said('  If (If_0)'),
    'something else (entirely)',
  ];
  expect(placedNodes(lines)).toEqual({
    providers: { WebGpuExecutionProvider: 2, CPUExecutionProvider: 4 },
    operators: { WebGpuExecutionProvider: { Conv: 2 }, CPUExecutionProvider: { Gather: 1 } },
  });
  expect(placedNodes([said(' All nodes placed on [CPUExecutionProvider]. Number of nodes: 212')])).toEqual({
    providers: { CPUExecutionProvider: 212 },
    operators: { CPUExecutionProvider: { all: 212 } },
  });
  expect(placedNodes([])).toEqual({ providers: {}, operators: {} });
});

it('makes a sample at least 100 steps of the clock', () => {
  expect(callsPerSample(0.5, 0.005)).toBe(1);
  expect(callsPerSample(0.499, 0.005)).toBe(2);
  expect(callsPerSample(0.05, 0.005)).toBe(10);
  expect(callsPerSample(0.01, 1)).toBe(10_000);
  expect(callsPerSample(0, 0.005)).toBe(10_000);
});
