import type { TestProject } from 'vitest/node';
import { composePlugin, whyNoCompose } from './compose-plugin.ts';
import { startEngine, whyNoEngine } from './engine.ts';
import { type ImageSource, provideImages, whyNoImages } from './images.ts';

/** What the tests in containers run on, or why there is nothing of the kind. */
export type Docker =
  | { missing: string }
  | {
      missing?: never;
      /** What programs find the engine by. */
      env: Record<string, string>;
      version: string;
      own: boolean;
      images: ImageSource;
    };

declare module 'vitest' {
  interface ProvidedContext {
    docker: Docker;
  }
}

const say = (text: string): void => console.log(`containers: ${text}`);

/** An engine, Compose and the images of other people are there before the first test starts. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const missing = (await whyNoEngine()) ?? (await whyNoCompose()) ?? (await whyNoImages());
  if (missing !== undefined) {
    say(`skipped: ${missing}`);
    provide('docker', { missing });
    return async () => {};
  }
  // Building Compose takes a minute, and so does starting an engine the first time.
  const [engine, plugin] = await Promise.allSettled([startEngine(), composePlugin(say)]);
  const stop = async (): Promise<void> => {
    if (engine.status === 'fulfilled') await engine.value.stop();
  };
  try {
    const { host, version, own } = settled(engine);
    const env = { DOCKER_HOST: host, ...settled(plugin).env };
    say(
      `Docker Engine ${version}, ${own ? 'started for the tests' : `in use at ${host}`}; Compose ${settled(plugin).version}`,
    );
    const images = await provideImages({ env, own, say });
    say(images === 'registry' ? 'the images are the real ones' : 'the images are stand-ins, built from packages');
    provide('docker', { env, version, own, images });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
