import type { Environment } from '@benchwire/shared/contracts/hardware.ts';
import { hostFacts } from '../../devices/host.ts';
import type { ResolvedModel } from './model-source.ts';

/** The facts that a result depends on. What can't be read is null, with the reason under `<name>_unavailable`. */
export function collectEnvironment(model: ResolvedModel, provider: string): Environment {
  // The version that measures is told by the measuring process itself, later.
  const { onnxruntime_version: _, ...host } = hostFacts(null);
  return {
    ...host,
    ...(host.cpu_governor === null ? { cpu_governor_unavailable: whyNoGovernor() } : {}),
    execution_provider: provider,
    model_sha256: model.sha256,
    model_bytes: model.size_bytes,
    ...(model.files.length > 1 ? { model_files: model.files.length } : {}),
    model_license: model.catalogue?.license ?? null,
  };
}

function whyNoGovernor(): string {
  return process.platform === 'linux'
    ? 'the kernel shows no cpufreq (usual in virtual machines)'
    : 'only Linux has one';
}
