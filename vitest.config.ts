import { defineConfig } from 'vitest/config';

/** Brokers, child processes and two cores: these wait long for what they wait for, and don't disturb each other. */
const withServers = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 60_000 };

/** Kafka's brokers, images, Kubernetes, Prometheus. With those from end to end they are the second lane of test/run-all.ts. */
const FROM_OUTSIDE = 'test/integration/{kafka,deploy}-*.test.ts';

/** Everything that needs a Docker engine. */
const IN_CONTAINERS = ['test/containers/**/*.test.ts', 'test/integration/containers.test.ts'];

const ignored = ['**/node_modules/**', '**/dist/**', '.benchwire/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{shared,services,cli,dashboard,deploy,runners/browser}/**/*.test.{ts,js}',
            'test/{,runner/}*.test.ts',
          ],
          exclude: ignored,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: [...ignored, FROM_OUTSIDE, ...IN_CONTAINERS],
          sequence: { groupOrder: 1 },
          ...withServers,
        },
      },
      {
        extends: true,
        test: {
          name: 'outside',
          include: [FROM_OUTSIDE],
          exclude: ignored,
          sequence: { groupOrder: 1 },
          ...withServers,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/{e2e,chaos}/**/*.test.ts'],
          exclude: ignored,
          sequence: { groupOrder: 2 },
          ...withServers,
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'torch',
          include: ['test/torch/**/*.test.ts'],
          exclude: ignored,
          sequence: { groupOrder: 3 },
          ...withServers,
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'containers',
          include: IN_CONTAINERS,
          exclude: ignored,
          globalSetup: 'test/containers/global-setup.ts',
          sequence: { groupOrder: 4 },
          ...withServers,
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
