import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import type { Engine } from '@benchwire/aggregator/src/adapters/database.ts';
import { embeddedEngine } from '@benchwire/aggregator/src/adapters/embedded.ts';
import { aggregatorConfig } from '@benchwire/aggregator/src/config.ts';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';

export interface ClickHouseFront {
  port: number;
  /** Who has sent how many statements. */
  statements: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** As a server has it (http_max_uri_size): parameters of statements are part of the URL. */
const MAX_URI_SIZE = 1024 * 1024;

/** Parameters of a request that are none of the engine's settings. */
const OF_THE_REQUEST = /^(query|query_id|database|session_id|role|default_format|wait_end_of_query|.*http.*|param_.*)$/;

export interface ClickHouseFrontOptions {
  /** Where the data stays; without it, a temporary folder that goes at the end. */
  folder?: string;
  host?: string;
  port?: number;
}

/**
 * ClickHouse's HTTP interface in front of the embedded engine, as far as @clickhouse/client uses it: no package registry
 * has a ClickHouse server. Statements, settings, parameters, compression, errors and logins are real; grants are not.
 */
export async function startClickHouseFront(
  passwords: Readonly<Record<string, string>>,
  options: ClickHouseFrontOptions = {},
): Promise<ClickHouseFront> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'bw-clickhouse-front-'));
  const engine = await embeddedEngine(loadConfig(aggregatorConfig, { CLICKHOUSE_PATH: folder }));
  const statements = new Map<string, number>();

  const server = createServer({ maxHeaderSize: MAX_URI_SIZE }, (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/ping') return void response.end('Ok.\n');
    const user = userOf(request, passwords);
    if (user === undefined) return refuse(response, 401, '516', 'Authentication failed', 'AUTHENTICATION_FAILED');
    statements.set(user, (statements.get(user) ?? 0) + 1);
    run(engine, request, url.searchParams, response).catch((error: Error & { code?: string; type?: string }) =>
      refuse(response, 500, error.code ?? '1002', error.message, error.type ?? 'UNKNOWN_EXCEPTION'),
    );
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    statements,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await engine.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function userOf(request: IncomingMessage, passwords: Readonly<Record<string, string>>): string | undefined {
  const [, login = ''] = request.headers.authorization?.split(' ') ?? [];
  const [user = '', password] = Buffer.from(login, 'base64').toString().split(':');
  return password !== undefined && passwords[user] === password ? user : undefined;
}

async function run(
  engine: Engine,
  request: IncomingMessage,
  parameters: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const raw = await buffer(request);
  const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
  const query = [parameters.get('query'), body].filter((part) => part !== null && part !== '').join('\n');
  const settings = [...parameters].filter(([name]) => !OF_THE_REQUEST.test(name));
  const query_params = [...parameters].flatMap(([name, value]) =>
    name.startsWith('param_') ? [[name.slice('param_'.length), unescaped(value)]] : [],
  );
  const session = await engine.open('writer', {
    database: parameters.get('database') ?? 'default',
    ...Object.fromEntries(settings),
  });
  try {
    const { stream } = await session.exec({
      query,
      query_params: Object.fromEntries(query_params),
      clickhouse_settings: Object.fromEntries([['default_format', parameters.get('default_format') ?? 'TabSeparated']]),
    });
    await pipeline(stream, response);
  } finally {
    await session.close();
  }
}

/** The client has escaped it for the wire, and the engine's binding escapes it again. */
function unescaped(value: string): string {
  return value.replaceAll(
    /\\(.)/g,
    (_, letter: string) => ({ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' })[letter] ?? letter,
  );
}

function refuse(response: ServerResponse, status: number, code: string, message: string, type: string): void {
  response.writeHead(status, { 'x-clickhouse-exception-code': code });
  response.end(`Code: ${code}. DB::Exception: ${message} (${type})\n`);
}
