import { arch, platform } from 'node:os';
import { sysText } from './host.ts';

/** Flags of /proc/cpuinfo that change how fast a model runs; the many others would only make the list long. */
const TELLING =
  /^(sse4_[12]|ssse3|avx2?|avx_\w+|avx_vnni_\w+|avx512\w*|fma|f16c|bmi2|amx_\w+|asimd\w*|sve\w*|sme\w*|i8mm|bf16|fphp)$/;

/** What the processor can do, as Linux names it; undefined where it can't be told. `avx512` stands for any of its parts. */
export function detectInstructionSets(): string[] | undefined {
  if (platform() === 'darwin') return arch() === 'arm64' ? ['asimd'] : undefined;
  const info = sysText('/proc/cpuinfo');
  return info === null ? undefined : parseCpuInfo(info);
}

/** Reads the flags (x86) or features (ARM) of the first processor. Pure. */
export function parseCpuInfo(info: string): string[] | undefined {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(info)?.[1];
  if (line === undefined) return undefined;
  const found = line.split(/\s+/).filter((flag) => TELLING.test(flag));
  if (found.includes('avx512f')) found.push('avx512');
  return [...new Set(found)].sort();
}
