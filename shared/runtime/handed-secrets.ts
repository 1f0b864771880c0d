import { z } from 'zod';

/**
 * A process that starts services hands logins over Node's IPC channel, not in the environment: that can be read by every
 * program of the same user for as long as the service runs, so by the programs of tasks.
 */

type Environment = Record<string, string | undefined>;

/** Set in the environment of a process whose secrets come over the channel. */
const WAITS_VARIABLE = 'BENCHWIRE_SECRETS';

const handed = z.object({ secrets: z.record(z.string(), z.string()) });

/** The parent sends them right after the start. */
const PATIENCE_MS = 30_000;

/** Logins, keys, and addresses that may hold a login; what tasks' programs get as their own secrets. */
export function isSecretVariable(name: string): boolean {
  return (
    /^(NATS|REDIS|WORKER_REDIS|WORKER_NATS|VIEWER_NATS|CLICKHOUSE|KAFKA|BENCHWIRE|JWT|GATEWAY_OIDC)_/.test(name) &&
    /(PASSWORD|TOKEN|SEED|API_KEY|SECRET|_URL)$/.test(name)
  );
}

/** An environment, and what is to be handed over beside it. Pure. */
export function withSecretsApart(environment: Environment): {
  environment: Environment;
  secrets: Record<string, string>;
} {
  const open: Environment = { [WAITS_VARIABLE]: 'ipc' };
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && isSecretVariable(name)) secrets[name] = value;
    else open[name] = value;
  }
  return { environment: open, secrets };
}

/**
 * This process's environment together with what its parent hands over, if it does.
 * @throws Error when the parent has promised to and does not
 */
export async function environmentWithSecrets(): Promise<Environment> {
  const { [WAITS_VARIABLE]: waits, ...environment } = process.env;
  // Programs that this one starts are handed nothing.
  delete process.env[WAITS_VARIABLE];
  if (waits !== 'ipc' || process.send === undefined) return environment;
  return { ...environment, ...(await nextSecrets()) };
}

function nextSecrets(): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      process.off('message', take);
      process.off('disconnect', gone);
    };
    const take = (message: unknown): void => {
      const parsed = handed.safeParse(message);
      if (!parsed.success) return;
      end();
      resolve(parsed.data.secrets);
    };
    const gone = (): void => {
      end();
      reject(new Error('the parent process is gone before it has handed over the logins'));
    };
    const timer = setTimeout(gone, PATIENCE_MS);
    process.on('message', take);
    process.once('disconnect', gone);
  });
}
