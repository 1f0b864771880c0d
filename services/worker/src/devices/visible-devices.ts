import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import type { FoundDevice } from './found-device.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Visible {
  devices: FoundDevice[];
  notes: string[];
}

/**
 * The NVIDIA GPUs that this process may use, in the order in which CUDA would number them: `CUDA_VISIBLE_DEVICES` by CUDA's
 * rules (indexes, UUIDs and beginnings of UUIDs, also of MIG; the list ends at the first entry that is no device), and
 * `NVIDIA_VISIBLE_DEVICES` as far as the container runtime has not seen to it. Pure.
 */
function visibleCuda(devices: readonly FoundDevice[], env: Variables): Visible {
  const inContainer = containerSees(devices, env.NVIDIA_VISIBLE_DEVICES);
  const list = env.CUDA_VISIBLE_DEVICES;
  if (list === undefined) return inContainer;
  const chosen = choose(inContainer.devices, list);
  const notes = [...inContainer.notes, ...noteOf('CUDA_VISIBLE_DEVICES', list, chosen)];
  const models = new Set(inContainer.devices.map(({ name }) => name));
  if (env.CUDA_DEVICE_ORDER !== 'PCI_BUS_ID' && /\d/.test(list.replace(/(GPU|MIG)-[^,]*/g, '')) && models.size > 1) {
    notes.push(
      `CUDA_VISIBLE_DEVICES=${list} counts the GPUs in the order of nvidia-smi here, and they differ, so CUDA may count otherwise: set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name them by UUID`,
    );
  }
  return { devices: chosen.devices, notes };
}

/** `void` and an empty text mean that the container runtime does nothing; then nothing is shown to the container. */
function containerSees(devices: readonly FoundDevice[], list: string | undefined): Visible {
  if (list === undefined || list === 'all' || devices.length === 0) return { devices: [...devices], notes: [] };
  if (/^(none|void|)$/.test(list.trim())) {
    const note = `NVIDIA_VISIBLE_DEVICES=${list} hides all GPUs of this machine`;
    return { devices: [], notes: [note] };
  }
  const chosen = choose(devices, list);
  // In a container only these are there, and counted anew.
  const isDone = devices.length <= list.split(',').length;
  return isDone || chosen.devices.length === 0 ? { devices: [...devices], notes: [] } : { ...chosen, notes: [] };
}

/**
 * The AMD GPUs that this process may use: `ROCR_VISIBLE_DEVICES` by indexes and UUIDs, and of these what
 * `HIP_VISIBLE_DEVICES` (or, as HIP has it, `CUDA_VISIBLE_DEVICES`) names, by indexes among them. Pure.
 */
function visibleRocm(devices: readonly FoundDevice[], env: Variables): Visible {
  const rocr = env.ROCR_VISIBLE_DEVICES;
  const first = rocr === undefined ? { devices: [...devices], stopped_at: undefined } : choose(devices, rocr);
  const notes = rocr === undefined ? [] : noteOf('ROCR_VISIBLE_DEVICES', rocr, first);
  const name = env.HIP_VISIBLE_DEVICES === undefined ? 'CUDA_VISIBLE_DEVICES' : 'HIP_VISIBLE_DEVICES';
  const hip = env[name];
  if (hip === undefined || first.devices.length === 0) return { devices: first.devices, notes };
  const second = choose(first.devices, hip);
  return { devices: second.devices, notes: [...notes, ...noteOf(name, hip, second)] };
}

interface Chosen {
  devices: FoundDevice[];
  /** The entry that is no device. */
  stopped_at: string | undefined;
}

function choose(devices: readonly FoundDevice[], list: string): Chosen {
  const chosen: FoundDevice[] = [];
  for (const entry of list.split(',').map((each) => each.trim())) {
    const device = deviceOf(devices, entry);
    if (device === undefined || chosen.includes(device)) return { devices: chosen, stopped_at: entry };
    chosen.push(device);
  }
  return { devices: chosen, stopped_at: undefined };
}

function deviceOf(devices: readonly FoundDevice[], entry: string): FoundDevice | undefined {
  // The parts of a divided GPU have no index of their own: the first one is what CUDA takes.
  const places = [...new Set(devices.map(({ instance }) => instance.gpu_index))];
  if (/^\d+$/.test(entry)) return devices.find(({ instance }) => instance.gpu_index === places[Number(entry)]);
  if (entry === '') return undefined;
  const named = devices.filter(({ instance }) => isNamed(String(instance.gpu_uuid ?? ''), entry));
  return named.length === 1 ? named[0] : undefined;
}

/** `GPU-8932f937`, `MIG-4f1`, and without the prefix what AMD's tools print (`0x9246…`). */
function isNamed(uuid: string, entry: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/^gpu-(0x)?/, '')
      .replace(/^0x/, '');
  return uuid !== '' && plain(entry) !== '' && plain(uuid).startsWith(plain(entry));
}

function noteOf(variable: string, list: string, { devices, stopped_at }: Chosen): string[] {
  if (stopped_at === undefined) return [];
  const shown = `${variable}=${list}`;
  if (/^(-1|none|nodevfiles|void|)$/i.test(stopped_at) && devices.length === 0)
    return [`${shown} hides all GPUs of this machine`];
  return [`${shown}: "${stopped_at}" is not a GPU of this machine (or is listed twice), so the list ends before it`];
}

/** How processes are shown the devices of a class. */
export interface Visibility {
  /** Whatever chooses among the devices. */
  variables: readonly string[];
  /** The devices that a process with these variables sees. */
  visible(devices: readonly FoundDevice[], env: Variables): Visible;
  /** The variables that show one device alone; none where its place is not known. */
  show(environment: Environment): Record<string, string>;
}

export const CUDA_VISIBILITY: Visibility = {
  variables: ['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER'],
  visible: visibleCuda,
  show: ({ gpu_uuid, gpu_index }) => {
    // CUDA numbers devices by speed, nvidia-smi by bus: the UUID is the same for both, the index only in this order.
    const id = gpu_uuid ?? gpu_index;
    return id === null || id === undefined ? {} : { CUDA_VISIBLE_DEVICES: String(id), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
  },
};

export const ROCM_VISIBILITY: Visibility = {
  // HIP obeys CUDA's variable as well, and counts among what ROCr shows.
  variables: ['ROCR_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES', 'CUDA_VISIBLE_DEVICES'],
  visible: visibleRocm,
  show: ({ gpu_index }) =>
    gpu_index === null || gpu_index === undefined
      ? {}
      : { ROCR_VISIBLE_DEVICES: String(gpu_index), HIP_VISIBLE_DEVICES: '0' },
};
