import { runId } from '@benchwire/shared/contracts/ids.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, problemOf } from '../problem.ts';
import { admitSocket } from '../register-route.ts';
import { benchmarkStatus } from '../routes/benchmark.ts';

const LEAST_MS = 250;

/** `WS /api/benchmark/ws/:run_id`: how far a run is, at first and after each thing that happens in it, until it is over. */
export function serveBenchmarkSocket(app: FastifyInstance, gateway: Gateway): void {
  app.get(
    '/api/benchmark/ws/:run_id',
    { websocket: true, preValidation: (request) => admitSocket(gateway, request) },
    (socket, request) => {
      const stopping = new AbortController();
      socket.on('error', () => {});
      socket.on('close', () => stopping.abort());
      const tell = async (): Promise<void> => {
        const parsed = parseWith(z.object({ run_id: runId }), request.params);
        if (!parsed.ok) throw new HttpProblem(400, 'PATH_INVALID', 'The path is not valid.', parsed.issues);
        const { run_id } = parsed.value;
        const { signal } = stopping;
        let told_at = 0;
        const say = async (): Promise<void> => {
          told_at = performance.now();
          socket.send(JSON.stringify(await benchmarkStatus(gateway.client, run_id)));
        };
        const watched = await gateway.client.watch({ run_id, streams: ['events', 'outcomes'], signal });
        await say();
        for await (const _ of watched) if (performance.now() - told_at > LEAST_MS) await say();
        await gateway.client.finished(run_id, signal);
        await say();
      };
      tell()
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) socket.send(JSON.stringify(problemOf(error, request.id)));
        })
        .finally(() => socket.close());
    },
  );
}
