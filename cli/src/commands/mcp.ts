import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { localGateway } from '@benchwire/shared/client/find-stack.ts';
import { HttpClient } from '@benchwire/shared/client/http-client.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { defineCommand } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';

export const mcp = defineCommand({
  name: 'mcp',
  summary: 'serve agents: the Model Context Protocol over stdin and stdout',
  positionals: [],
  options: {
    url: { kind: 'text', value: 'URL', help: "the gateway's address (BENCHWIRE_URL, else the local stack's)" },
    'key-file': {
      kind: 'text',
      value: 'FILE',
      help: 'file with an API key (BENCHWIRE_API_KEY, else the local stack’s)',
    },
    'allow-writes': { kind: 'flag', help: 'also tools that start runs and decide about findings' },
  },
  details: `
An agent's program starts it, for example with this in its configuration:

  { "mcpServers": { "benchwire": { "command": "bw", "args": ["mcp"] } } }

Without --allow-writes nothing can be changed. What the key may not do is refused by the gateway. docs/agents.md lists the tools.`,
  async run(context, options) {
    const { url, key } = findGateway(context, options.url, options['key-file']);
    // Loading them takes longer than most commands run.
    const [{ createMcpServer }, { StdioServerTransport }] = await Promise.all([
      import('@benchwire/shared/mcp/server.ts'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
    ]);
    const server = createMcpServer({
      api: new HttpClient({ url, headers: { Authorization: `Bearer ${key}` } }),
      allow_writes: options['allow-writes'] === true,
      version: packageJson.version,
      now: context.now,
    });
    const ended = Promise.withResolvers<void>();
    process.stdin.once('end', ended.resolve);
    context.onInterrupt(ended.resolve);
    context.onTerminate(ended.resolve);
    await server.connect(new StdioServerTransport());
    context.err.line(
      `bw mcp: serves ${url}${options['allow-writes'] ? ', with writes' : ', read-only'}; ends with its input.`,
    );
    await ended.promise;
    await server.close();
    return EXIT.ok;
  },
});

/** The gateway's address and a key for it. @throws NotFoundError or UsageError that says what is missing */
function findGateway(
  { environment, working_directory }: CliContext,
  given_url: string | undefined,
  key_file: string | undefined,
): { url: string; key: string } {
  const local = localGateway({ environment, working_directory });
  const url = given_url ?? environment.BENCHWIRE_URL ?? local?.url;
  if (url === undefined)
    throw new NotFoundError(
      'no gateway of a local stack runs here: start one with `npm start`, or name its address with --url.',
    );
  // The local stack's key is for its own gateway only.
  const key =
    keyIn(key_file, working_directory) ?? environment.BENCHWIRE_API_KEY ?? (url === local?.url ? local.key : undefined);
  if (key === undefined)
    throw new UsageError(
      `${url} needs an API key: set BENCHWIRE_API_KEY or --key-file. \`bw key create agent --role viewer\` makes one.`,
    );
  return { url: url.replace(/\/+$/, ''), key };
}

function keyIn(file: string | undefined, working_directory: string): string | undefined {
  if (file === undefined) return undefined;
  const path = resolve(working_directory, file);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--key-file: ${path} can't be read (${messageOf(error)}).`);
  }
}
