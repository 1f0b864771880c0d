import { join } from 'node:path';
import { redisWorkerRules } from '@benchwire/shared/contracts/roles.ts';
import type { Credentials } from './credentials.ts';
import type { ServerProgram } from './find-server.ts';
import { freePort, loopback, portOfFolder } from './free-port.ts';
import type { DataPaths } from './paths.ts';
import { writePrivateFile } from './private-file.ts';
import { probeRedis } from './probe.ts';
import { launchServer, serverView } from './server-launch.ts';
import type { ProcessSpec } from './supervised-process.ts';

/** Redis's own port: the one inside a container, and where others look for a shared server. */
const usualPort = 6379;

/** Redis on the data folder's port where that is free, every write in an append-only file in the data folder. */
export function redisProcess(
  paths: DataPaths,
  credentials: Credentials,
  program: ServerProgram,
  { host = loopback, prefix = 'benchwire' }: { host?: string; prefix?: string } = {},
): ProcessSpec & { port: () => number } {
  let port = 0;
  return {
    name: 'redis-server',
    port: () => port,
    launch: async (ready_before) => {
      if (!ready_before) port = await freePort(host, host === loopback ? portOfFolder(paths.redis) : usualPort);
      const view = serverView(program, paths.redis, { host, port }, usualPort);
      writePrivateFile(join(paths.redis, 'redis.conf'), redisConfig(view, credentials, prefix));
      return launchServer({
        program,
        name: 'redis-server',
        folder: paths.redis,
        args: (folder) => [`${folder}/redis.conf`],
        address: { host, port },
        containerPort: usualPort,
        logFile: join(paths.logs, 'redis-server.log'),
      });
    },
    probe: () => probeRedis({ host, port, password: credentials.redis_password }, 2_000),
  };
}

/** BullMQ must never lose a key to make room, hence `noeviction`; the append-only file makes snapshots needless. */
function redisConfig(
  { folder, host, port }: { folder: string; host: string; port: number },
  { redis_password, redis_worker_password }: Credentials,
  prefix: string,
): string {
  return `# Written at every start; changes are lost.
bind ${host}
port ${port}
requirepass ${JSON.stringify(redis_password)}
# For workers: the pools' queues, and nothing that concerns the server itself.
user worker on >${redis_worker_password} ${redisWorkerRules(prefix)}
# Until then others wait, then redis-watchdog.ts ends the script.
lua-time-limit 2000
dir ${JSON.stringify(folder)}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
`;
}
