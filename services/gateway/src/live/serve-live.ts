import { LIVE_PATH, liveRequest } from '@benchwire/shared/contracts/api/live.ts';
import { parseJson } from '@benchwire/shared/runtime/issues.ts';
import { DOOR_LIMITS } from '@benchwire/shared/runtime/json-limits.ts';
import type { FastifyInstance } from 'fastify';
import type { Gateway } from '../gateway.ts';
import { HttpProblem, problemOf } from '../problem.ts';
import { admitSocket, callerOf } from '../register-route.ts';
import { LiveConnection } from './live-connection.ts';

/** `WS /api/ws`: one connection, many topics. */
export function serveLive(app: FastifyInstance, gateway: Gateway): void {
  const open = new Set<LiveConnection>();
  app.get(
    LIVE_PATH,
    {
      websocket: true,
      preValidation: (request) => admitSocket(gateway, request),
    },
    (socket, request) => {
      const connection = new LiveConnection(gateway, socket, request.id);
      open.add(connection);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(connection);
        connection.close();
      });
      const caller = callerOf(request);
      if (caller === undefined) return connection.close();
      gateway.sockets.add(socket, caller, {
        end: (error) => {
          connection.say({ op: 'error', problem: problemOf(error, request.id) });
          connection.leave();
        },
      });
      socket.on('message', (data: Buffer) => {
        if (!gateway.sockets.admitFrame(socket)) return;
        const parsed = parseJson(liveRequest, data, DOOR_LIMITS);
        if (parsed.ok) connection.receive(parsed.value);
        else {
          const error = new HttpProblem(400, 'FRAME_INVALID', 'This frame is not known.', parsed.issues);
          connection.say({ op: 'error', problem: problemOf(error, request.id) });
        }
      });
    },
  );
  const beat = setInterval(() => {
    for (const each of open) each.say({ op: 'heartbeat', at: new Date().toISOString() });
  }, 15_000);
  beat.unref();
  app.addHook('preClose', async () => {
    clearInterval(beat);
    for (const each of open) each.close();
  });
}
