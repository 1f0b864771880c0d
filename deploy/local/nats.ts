import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Credentials } from './credentials.ts';
import type { ServerProgram } from './find-server.ts';
import { freePort, loopback, portOfFolder } from './free-port.ts';
import { natsUsers } from './nats-users.ts';
import type { DataPaths } from './paths.ts';
import { writePrivateFile } from './private-file.ts';
import { probeNats } from './probe.ts';
import { launchServer, serverView } from './server-launch.ts';
import { storeRoom } from './store-size.ts';
import type { ProcessSpec } from './supervised-process.ts';

/** NATS's own port: the one inside a container, and where others look for a shared server. */
const usualPort = 4222;

/** NATS with JetStream on the data folder's port where that is free, its streams in the data folder. */
export function natsProcess(
  paths: DataPaths,
  credentials: Credentials,
  program: ServerProgram,
  host: string = loopback,
): ProcessSpec & { port: () => number } {
  let port = 0;
  // Tells ours from another one that got the port first.
  const server_name = `benchwire-${randomUUID()}`;
  const { nats_user: user, nats_password: password } = credentials;
  return {
    name: 'nats-server',
    port: () => port,
    launch: async (ready_before) => {
      if (!ready_before) port = await freePort(host, host === loopback ? portOfFolder(paths.nats) : usualPort);
      const view = serverView(program, paths.nats, { host, port }, usualPort);
      const { store_bytes } = storeRoom(paths.nats);
      writePrivateFile(join(paths.nats, 'nats.conf'), natsConfig({ ...view, server_name, store_bytes }, credentials));
      return launchServer({
        program,
        name: 'nats-server',
        folder: paths.nats,
        args: (folder) => ['-c', `${folder}/nats.conf`],
        address: { host, port },
        containerPort: usualPort,
        logFile: join(paths.logs, 'nats-server.log'),
      });
    },
    probe: () => probeNats({ host, port, user, password, server_name }, 2_000),
  };
}

/** The password stands in the file, which only the owner may read, and not on the command line, which everybody may. */
function natsConfig(
  {
    folder,
    host,
    port,
    server_name,
    store_bytes,
  }: { folder: string; host: string; port: number; server_name: string; store_bytes: number },
  { nats_user, nats_password, nats_worker_password, nats_viewer_password }: Credentials,
): string {
  const users = natsUsers({
    [nats_user]: JSON.stringify(nats_password),
    worker: JSON.stringify(nats_worker_password),
    viewer: JSON.stringify(nats_viewer_password),
  });
  return `# Written at every start; changes are lost.
server_name: ${server_name}
host: "${host}"
port: ${port}
max_payload: 8MB
jetstream { store_dir: ${JSON.stringify(folder)}, max_file_store: ${store_bytes} } # in a folder jetstream/ there
${users}`;
}
