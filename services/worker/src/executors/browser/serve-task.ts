import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunnerTask } from '@benchwire/shared/contracts/runner.ts';
import { badInput } from '@benchwire/shared/model/errors.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import type { PageServer } from '../../browsers/page-server.ts';
import type { PlannedInput } from '../onnx/input-plan.ts';
import type { ResolvedModel } from '../onnx/model-source.ts';
import { generateElements } from '../onnx/tensors.ts';

/** What a page downloads for a task: the model with the files beside it, and the elements of its inputs, bit for bit those of the executor `onnx`. */
export function serveTask(
  server: PageServer,
  model: ResolvedModel,
  plans: ReadonlyArray<readonly [batch_size: number, inputs: readonly PlannedInput[]]>,
  seed: number,
): { files: RunnerTask['options']; forget: () => void } {
  const forgets: Array<() => void> = [];
  const serve = (served: Parameters<PageServer['serve']>[0]): { url: string; bytes: number } => {
    const { url, bytes, forget } = server.serve(served);
    forgets.push(forget);
    return { url, bytes };
  };
  const file = (path: string): { url: string; bytes: number } => serve({ path, bytes: statSync(path).size });
  const feeds = Object.fromEntries(
    plans.map(([batch_size, plan]) => {
      const random = createRandom(seed);
      return [
        batch_size,
        plan.map(({ name, type, shape, rule }) => {
          if (type === 'string')
            throw badInput('INPUT_TYPE_UNSUPPORTED', `Input "${name}" has texts, which are not fed to a browser.`);
          const elements = generateElements(type, shape, rule, random) as Float32Array;
          return {
            name,
            type,
            shape,
            ...serve({ data: new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength) }),
          };
        }),
      ];
    }),
  );
  const external = model.files
    .filter((path) => path !== model.path)
    .map((path) => ({ path: basename(path), ...file(path) }));
  const forget = (): void => {
    for (const each of forgets) each();
  };
  return { files: { model: file(model.path), external, feeds }, forget };
}
