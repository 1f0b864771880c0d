import { newRunId } from '@benchwire/shared/contracts/ids.ts';
import { request } from '@benchwire/shared/contracts/request.ts';
import type { RunSubmitted } from '@benchwire/shared/contracts/run.ts';
import type { Capabilities, Device, Heartbeat } from '@benchwire/shared/contracts/worker.ts';

/** Builders for the tests of the decision core. */
export const T0 = Date.parse('2026-01-01T00:00:00.000Z');

export function submitted(body: unknown, run_id = newRunId()): RunSubmitted {
  return { v: 1, run_id, at: new Date(T0).toISOString(), kind: 'submitted', request: request.parse(body) };
}

export function aDevice(over: Partial<Device> = {}): Device {
  return {
    device_id: 'cpu-0',
    class: 'cpu',
    name: 'a cpu',
    fingerprint: 'f0',
    pool: 'cpu-00000000',
    memory_gb: 16,
    cuda_compute: null,
    slots: 1,
    executors: ['noop', 'onnx'],
    commands: [],
    labels: {},
    environment: {},
    ...over,
  };
}

export function aWorker(worker_id: string, devices: Device[], boot_id = 'boot-1'): Capabilities {
  return { v: 1, worker_id, boot_id, hostname: 'h', started_at: new Date(T0).toISOString(), version: '0', devices };
}

export function aHeartbeat(worker_id: string, over: Partial<Heartbeat> = {}): Heartbeat {
  return {
    v: 1,
    worker_id,
    boot_id: 'boot-1',
    sent_at: new Date(T0).toISOString(),
    interval_seconds: 1,
    state: 'ready',
    capabilities_revision: 1,
    running: {},
    cpu_load_percent: null,
    memory_used_mb: null,
    memory_total_mb: null,
    temperature_celsius: null,
    ...over,
  };
}
