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
    '/api/benchmark/ws/:run_id',
    { websocket: true, preValidation: (request) => admitSocket(gateway, request) },
    (socket, request) => {
      const fail = (error: unknown): void => {
        socket.send(JSON.stringify(problemOf(error, request.id)));
        socket.close();
      };
      socket.on('error', () => {});
      const parsed = parseWith(z.object({ run_id: runId }), request.params);
      if (!parsed.ok) return fail(new HttpProblem(400, 'PATH_INVALID', 'The path is not valid.', parsed.issues));
      const leave = statuses.listen(parsed.value.run_id, {
        hear: (text, is_last) => {
          socket.send(text);
          if (is_last) socket.close();
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
