import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import type { Device } from '@benchwire/shared/contracts/worker.ts';
import type { OnnxRuntime } from '../executors/onnx/onnx-runtime.ts';
import { findRunners } from '../executors/runner/environments.ts';
import { type DetectOptions, describeDevices, detectDevices, type Offer } from './detect.ts';
import type { FoundDevice } from './found-device.ts';
import { providerOfClass, visibilityVariables } from './hardware-classes.ts';
import { tryWebGpu } from './webgpu.ts';

export interface OfferOptions extends DetectOptions {
  /** Where runners may be installed; undefined where no executor needs one. */
  runners_folder?: string | undefined;
  labels: Offer['labels'];
  executors: readonly string[];
  commands: readonly string[];
  command_env: readonly string[];
}

export interface OfferedDevices {
  devices: Device[];
  /** Devices that are there and not offered, or not for everything, with the reason. */
  notes: string[];
}

/** What this machine can offer now: its devices, each with the executors that work on it. */
export async function lookAtDevices(options: OfferOptions): Promise<OfferedDevices> {
  const { devices, notes } = await detectDevices(options);
  const runners = options.runners_folder === undefined ? {} : await findRunners(options.runners_folder);
  const onnx =
    options.runtime === undefined ? undefined : await onnxClasses(native(devices), options.runtime, options.env);
  return {
    devices: describeDevices(devices, {
      labels: options.labels,
      executors: options.executors,
      commands: options.commands,
      command_env: options.command_env,
      onnxruntime_version: options.runtime?.version ?? null,
      ...(onnx === undefined ? {} : { onnx_classes: onnx.classes }),
      runners,
    }),
    notes: [...notes, ...(onnx?.notes ?? [])].map((note) => note.slice(0, 1000)).slice(0, 100),
  };
}

/** Devices that a process of this machine computes on, and not a page. */
const native = (devices: readonly FoundDevice[]): FoundDevice[] =>
  devices.filter(({ of_browser }) => of_browser === undefined);

/** The classes that ONNX Runtime can really use here: its build has the provider, and a session on it runs. */
async function onnxClasses(
  devices: readonly FoundDevice[],
  runtime: OnnxRuntime,
  env: OfferOptions['env'],
): Promise<{ classes: Set<HardwareClass>; notes: string[] }> {
  const classes = new Set<HardwareClass>();
  const notes: string[] = [];
  for (const name of new Set(devices.map((device) => device.class))) {
    const of_class = devices.filter((device) => device.class === name);
    const ids = of_class.map(({ device_id }) => device_id).join(', ');
    const reason = await whyNoOnnx(name, of_class, runtime, env);
    if (reason === undefined) classes.add(name);
    else notes.push(`${ids} ${of_class.length === 1 ? 'offers' : 'offer'} no onnx: ${reason}`);
  }
  return { classes, notes };
}

async function whyNoOnnx(
  name: HardwareClass,
  devices: readonly FoundDevice[],
  runtime: OnnxRuntime,
  env: OfferOptions['env'],
): Promise<string | undefined> {
  const { version, backends } = runtime;
  const provider = providerOfClass(name);
  const has = backends.map((backend) => backend.name).join(', ');
  const backend = backends.find((each) => each.name === provider);
  if (provider === null || backend === undefined)
    return `onnxruntime-node ${version} has no execution provider for ${name}, only ${has}`;
  if (provider === 'cpu') return undefined;
  const reasons: string[] = [];
  for (const { class: hardware, instance } of devices) {
    const trial =
      provider === 'webgpu'
        ? await tryWebGpu(runtime)
        : await runtime.try(provider, visibilityVariables({ class: hardware, environment: instance }, env));
    if (trial.usable) return undefined;
    reasons.push(trial.reason);
    // A library that is missing is missing for all of them.
    if (!trial.crashed && /library/i.test(trial.reason)) break;
  }
  const remedy = backend.bundled ? '' : ` (docs/workers.md says how to install what ${provider} needs)`;
  return `its ${provider} provider cannot be used here: ${reasons[0] ?? 'no device was tried'}${remedy}`;
}
