import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { BrowserEnd, LaunchedBrowser } from './launched-browser.ts';

const START_MS = 30_000;
const TRY_MS = 200;

/**
 * Safari by its own driver (macOS; once: `safaridriver --enable`). Written by Apple's documentation of WebDriver, and not yet run on
 * a Mac by this project.
 */
export async function launchSafari(driver: string, url: string): Promise<LaunchedBrowser> {
  const port = await freePort();
  const child = spawn(driver, ['--port', String(port)], { stdio: 'ignore' });
  const gone = Promise.withResolvers<BrowserEnd>();
  child.once('exit', (code, signal) =>
    gone.resolve({ what: 'browser', how: `safaridriver ended with ${signal ?? `exit code ${code}`}` }),
  );
  child.once('error', (error) => gone.resolve({ what: 'browser', how: error.message }));
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: unknown };
    if (!answer.ok) throw new Error(`safaridriver: ${JSON.stringify(value).slice(0, 300)}`);
    return value;
  };
  try {
    await untilUp(call);
    const session = await call('POST', '/session', { capabilities: { alwaysMatch: { browserName: 'safari' } } });
    const { sessionId } = session as { sessionId: string };
    await call('POST', `/session/${sessionId}/url`, { url });
    return {
      gone: gone.promise,
      close: async () => {
        await call('DELETE', `/session/${sessionId}`).catch(() => undefined);
        child.kill('SIGKILL');
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function untilUp(call: (method: string, path: string) => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await call('GET', '/status');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
