import { existsSync } from 'node:fs';

/** Chromium brings its own loader and SwiftShader, Mesa a driver that the system's loader finds by itself. */
const PLACES = [
  {
    files: ['/usr/lib/chromium/libvulkan.so.1', '/usr/lib/chromium/vk_swiftshader_icd.json'],
    env: { LD_LIBRARY_PATH: '/usr/lib/chromium', VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json' },
  },
  ...['x86_64', 'aarch64'].map((arch) => ({
    files: [`/usr/lib/${arch}-linux-gnu/libvulkan.so.1`, `/usr/share/vulkan/icd.d/lvp_icd.${arch}.json`],
    env: { VK_ICD_FILENAMES: `/usr/share/vulkan/icd.d/lvp_icd.${arch}.json` },
  })),
];

/** Variables by which WebGPU runs on the processor; undefined where this machine has no driver for that. */
export function softwareVulkan(): Record<string, string> | undefined {
  return PLACES.find(({ files }) => files.every((file) => existsSync(file)))?.env as Record<string, string> | undefined;
}

export function whyNoSoftwareVulkan(): string | undefined {
  return softwareVulkan() === undefined ? 'no Vulkan driver that runs on the processor is installed' : undefined;
}
