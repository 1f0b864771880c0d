import type { HardwareClass } from '@benchwire/shared/contracts/hardware.ts';
import { UsageError } from '../errors.ts';

/** Which build of a library an environment has. */
export const BUILDS = ['cpu', 'cuda', 'rocm', 'mps'] as const;
export type Build = (typeof BUILDS)[number];

/** What of a machine decides which build fits it. */
export interface BuildMachine {
  platform: string;
  arch: string;
  /** nvidia-smi lists a GPU. */
  has_nvidia_gpu: boolean;
  /** Of ROCm, where its kernel driver is: `6.4`; null where the version is not to be found. Undefined without ROCm. */
  rocm_version: string | null | undefined;
}

/** Where the build of a library comes from. */
export interface RunnerSource {
  build: Build;
  /** An index other than pip's own; undefined for that. */
  index: string | undefined;
  /** Hardware classes that it can use. */
  classes: HardwareClass[];
}

const INDEXES = 'https://download.pytorch.org/whl';

/**
 * The build of PyTorch for a machine. PyPI has the one for CUDA on Linux and the one for macOS; the others are on PyTorch's own indexes. Pure.
 * @throws UsageError where a build is not to be had, or nothing tells which index has it
 */
export function torchSource(
  machine: BuildMachine,
  asked: { build?: Build | undefined; index?: string | undefined; from_folder: boolean },
): RunnerSource {
  const { platform, arch, rocm_version } = machine;
  if (platform !== 'linux' && platform !== 'darwin')
    throw new UsageError(`there is no runner for ${platform} yet: use Linux or macOS.`);
  const build = asked.build ?? usualBuild(machine);
  const classes: HardwareClass[] = build === 'cpu' ? ['cpu'] : ['cpu', build];
  if (build === 'mps' && (platform !== 'darwin' || arch !== 'arm64'))
    throw new UsageError('the build mps is for macOS on Apple silicon: use --build cpu.');
  if (platform === 'darwin' && build !== 'mps' && build !== 'cpu')
    throw new UsageError(`there is no ${build} build for macOS: use --build mps or --build cpu.`);
  const of = (index: string | undefined): RunnerSource => ({ build, index: asked.index ?? index, classes });
  if (asked.from_folder || platform === 'darwin' || build === 'cuda') return of(undefined);
  if (build === 'cpu') return of(`${INDEXES}/cpu`);
  if (asked.index !== undefined) return of(undefined);
  if (typeof rocm_version === 'string') return of(`${INDEXES}/rocm${rocm_version}`);
  throw new UsageError(
    `the version of ROCm is not to be found (/opt/rocm/.info/version): name the index for it, --torch-index ${INDEXES}/rocmX.Y.`,
  );
}

/** OpenVINO has one build, for processors, Intel's graphics and NPUs. @throws UsageError where there is none, or another one was asked for */
export function openvinoSource(
  { platform }: Pick<BuildMachine, 'platform'>,
  asked: { build?: Build | undefined; index?: string | undefined },
): RunnerSource {
  if (platform !== 'linux' && platform !== 'darwin')
    throw new UsageError(`there is no runner for ${platform} yet: use Linux or macOS.`);
  if (asked.build !== undefined || asked.index !== undefined)
    throw new UsageError('OpenVINO has one build, on PyPI: leave out --build and --torch-index.');
  return { build: 'cpu', index: undefined, classes: platform === 'linux' ? ['cpu', 'openvino', 'npu'] : ['cpu'] };
}

function usualBuild({ platform, arch, has_nvidia_gpu, rocm_version }: BuildMachine): Build {
  if (platform === 'darwin') return arch === 'arm64' ? 'mps' : 'cpu';
  if (has_nvidia_gpu) return 'cuda';
  return rocm_version === undefined ? 'cpu' : 'rocm';
}
