import { BENCHMARK_SOCKET_PATH } from '@benchwire/shared/contracts/api/live.ts';
import { CLOSE_INVALID, CLOSE_NOT_FOUND } from '@benchwire/shared/contracts/close-codes.ts';
import { runId } from '@benchwire/shared/contracts/ids.ts';
import { parseWith } from '@benchwire/shared/runtime/issues.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, problemOf } from '../problem.ts';
import { admitSocket, callerOf } from '../register-route.ts';
import { RunStatuses } from './run-statuses.ts';

/** `WS /api/benchmark/ws/:run_id`: how far a run is, at first and after each thing that happens in it, until it is over. */
export function serveBenchmarkSocket(app: FastifyInstance, gateway: Gateway): void {
  const statuses = new RunStatuses(gateway);
  app.get(
    BENCHMARK_SOCKET_PATH,
    { websocket: true, preValidation: (request) => admitSocket(gateway, request) },
    (socket, request) => {
      const fail = (error: unknown): void => {
        const problem = problemOf(error, request.id);
        socket.send(JSON.stringify(problem));
        socket.close(closeCode(problem.status), problem.code);
      };
      socket.on('error', () => {});
      const parsed = parseWith(z.object({ run_id: runId }), request.params);
      if (!parsed.ok) return fail(new HttpProblem(400, 'PATH_INVALID', 'The path is not valid.', parsed.issues));
      const leave = statuses.listen(parsed.value.run_id, {
        hear: (text, is_last) => {
          socket.send(text);
          if (is_last) socket.close(1000);
        },
        fail,
      });
      socket.on('close', leave);
      const caller = callerOf(request);
      if (caller === undefined) return socket.close();
      gateway.sockets.add(socket, caller, {
        end: (error) => {
          leave();
          socket.send(JSON.stringify(problemOf(error, request.id)));
        },
      });
    },
  );
}

/** An unknown run and an unreadable path are told from trouble here, after which it is worth trying again. */
function closeCode(status: number): number {
  if (status === 404) return CLOSE_NOT_FOUND;
  return status < 500 ? CLOSE_INVALID : 1011;
}
