import { arch, platform } from 'node:os';
import type { Environment, HardwareClass, Labels } from '@benchwire/shared/contracts/hardware.ts';
import { HARDWARE_CLASSES } from '@benchwire/shared/contracts/hardware-classes.ts';
import type { InstalledRunner, RunnerName } from '@benchwire/shared/contracts/runner.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import { BenchwireError } from '@benchwire/shared/runtime/errors.ts';
import type { OnnxRuntime } from '../executors/onnx/onnx-runtime.ts';
import { runnerFacts } from '../executors/runner/environments.ts';
import { type ConfiguredDevice, devicesByConfiguration } from './configured.ts';
import { fingerprintOf, poolOf } from './fingerprint.ts';
import type { FoundDevice } from './found-device.ts';
import { HARDWARE } from './hardware-classes.ts';
import { cpuModel, hostFacts, machineMemoryBytes } from './host.ts';
import { detectInstructionSets } from './instruction-sets.ts';
import type { Variables, Visible } from './visible-devices.ts';
import { withoutSharedGpu } from './webgpu.ts';

export interface DetectOptions {
  configured: readonly ConfiguredDevice[];
  /** Only these classes; undefined for all. */
  classes: readonly HardwareClass[] | undefined;
  /** For detected devices; configured ones say it themselves. */
  slots: number;
  /** The worker's own variables, of which some say which devices it may use. */
  env: Variables;
  /** Undefined where the worker offers no `onnx`. */
  runtime?: OnnxRuntime | undefined;
  /** Looks at the browsers of the machine; undefined where none is asked for. */
  browsers?: (() => Promise<Visible>) | undefined;
}

/** Looks at this machine. Notes tell of tools that are there but fail, and of devices that are not offered. */
export async function detectDevices(options: DetectOptions): Promise<{ devices: FoundDevice[]; notes: string[] }> {
  const { classes, env, runtime } = options;
  const look = {
    env,
    runtime,
    machine: {
      platform: platform(),
      arch: arch(),
      cpu_model: cpuModel(),
      memory_bytes: machineMemoryBytes(),
    },
  };
  const wanted = HARDWARE_CLASSES.filter((name) => classes === undefined || classes.includes(name));
  const found = await Promise.all(
    wanted.map(async (name): Promise<Visible> => (await HARDWARE[name].detect?.(look)) ?? { devices: [], notes: [] }),
  );
  const notes = found.flatMap((each) => each.notes);
  const detected = found.flatMap((each) => each.devices.map((device) => ({ ...device, slots: options.slots })));
  const own = withoutSharedGpu(detected, classes);
  notes.push(...own.notes);
  const in_browsers = (await options.browsers?.()) ?? { devices: [], notes: [] };
  notes.push(...in_browsers.notes);
  const devices = [...own.devices, ...in_browsers.devices, ...devicesByConfiguration(options.configured)].filter(
    (device) => classes === undefined || classes.includes(device.class),
  );
  if (devices.length === 0) {
    throw new BenchwireError(
      'NO_DEVICE',
      `this machine has no device of the classes ${classes?.join(', ')}: correct WORKER_CLASSES, or describe the device in WORKER_DEVICES${notes.map((note) => ` (${note})`).join('')}`,
    );
  }
  const twice = devices.find((device, index) => devices.findIndex((d) => d.device_id === device.device_id) !== index);
  if (twice !== undefined) {
    throw new BenchwireError('DEVICE_TWICE', `two devices are called "${twice.device_id}": correct WORKER_DEVICES`);
  }
  return { devices, notes };
}

export interface Offer {
  labels: Labels;
  executors: readonly string[];
  commands: readonly string[];
  /** Variables that a task may set for these programs. */
  command_env?: readonly string[];
  onnxruntime_version: string | null;
  /** Classes whose devices ONNX Runtime can use here; undefined for all. */
  onnx_classes?: ReadonlySet<HardwareClass>;
  /** The environments of runners that are installed, by name. */
  runners?: Readonly<Partial<Record<RunnerName, InstalledRunner>>>;
}

/** Devices as the fleet sees them: with fingerprint, pool, and what is offered there. */
export function describeDevices(found: readonly FoundDevice[], offer: Offer): Device[] {
  const host: Environment = hostFacts(offer.onnxruntime_version);
  const sets = detectInstructionSets();
  const processor = sets === undefined ? {} : { instruction_sets: sets };
  return found.map((device) => {
    if (device.of_browser !== undefined)
      return describeBrowserDevice(device, device.of_browser, offer, host, processor);
    const { torch, openvino } = offer.runners ?? {};
    const runs: Readonly<Record<string, boolean>> = {
      onnx: offer.onnx_classes?.has(device.class) !== false,
      torch: torch?.classes.includes(device.class) === true,
      // An export computes on the processor, whatever measures the model later.
      export: torch !== undefined && device.class === 'cpu',
      openvino: openvino?.classes.includes(device.class) === true,
    };
    const measures = (...names: string[]): boolean =>
      names.some((name) => offer.executors.includes(name) && runs[name]);
    const facts = {
      ...host,
      ...device.identity,
      ...(torch !== undefined && measures('torch', 'export') ? runnerFacts(torch) : {}),
      ...(openvino !== undefined && measures('openvino') ? runnerFacts(openvino) : {}),
    };
    const fingerprint = fingerprintOf(device.class, facts);
    const offered = {
      labels: offer.labels,
      executors: offer.executors.filter((name) => runs[name] !== false),
      commands: offer.executors.includes('command') ? [...offer.commands] : [],
      ...(offer.executors.includes('command') && offer.command_env !== undefined
        ? { command_env: [...offer.command_env] }
        : {}),
    };
    return {
      device_id: device.device_id,
      class: device.class,
      name: device.name,
      fingerprint,
      pool: poolOf({ class: device.class, fingerprint, ...offered, ...processor }),
      memory_gb: device.memory_gb,
      cuda_compute: device.cuda_compute,
      ...processor,
      slots: device.slots,
      ...offered,
      environment: { ...facts, ...device.instance },
    };
  });
}

/** A page runs models, and nothing else; tasks choose a browser by its label. */
function describeBrowserDevice(
  { identity, instance, ...device }: FoundDevice,
  browser: string,
  offer: Offer,
  host: Environment,
  processor: { instruction_sets?: string[] },
): Device {
  const { device_id, class: hardware, name, memory_gb, cuda_compute, slots } = device;
  const facts = { ...host, ...identity };
  const fingerprint = fingerprintOf(hardware, facts);
  const labels = { ...offer.labels, browser };
  const offered = { labels, executors: offer.executors.filter((each) => each === 'onnx'), commands: [] };
  return {
    ...{ device_id, class: hardware, name, fingerprint },
    pool: poolOf({ class: hardware, fingerprint, ...offered, ...processor }),
    ...{ memory_gb, cuda_compute },
    ...processor,
    slots,
    ...offered,
    environment: { ...facts, ...instance },
  };
}
