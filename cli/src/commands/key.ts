import { createApiKey, listApiKeys, revokeApiKey } from '@benchwire/shared/client/api-keys.ts';
import { newKeyName, ROLES } from '@benchwire/shared/contracts/http.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import { EXIT, NotFoundError, UsageError } from '../errors.ts';
import { renderTable } from '../terminal/table.ts';

const DAY_MS = 86_400_000;

export const key = defineCommand({
  name: 'key',
  summary: 'API keys of the gateway',
  positionals: ['create|list|revoke', '[NAME|ID]'],
  options: {
    role: { kind: 'choice', choices: ROLES, help: 'of a new key (viewer)' },
    'expires-days': { kind: 'count', value: 'N', help: 'of a new key: after so many days it stops working (never)' },
  },
  details:
    'bw key create NAME --role submitter   prints the key once; only its hash is stored\n' +
    'bw key create ci --expires-days 90    it stops working by itself\n' +
    'bw key list                           names, roles and ids\n' +
    'bw key revoke ID                      it stops working at once, and so do its sessions',
  async run(context, { role = 'viewer', 'expires-days': days }, [action, name = '']) {
    const { out, style, json } = context;
    switch (action) {
      case 'create': {
        if (name === '') throw new UsageError('NAME is missing: bw key create NAME --role submitter');
        const named = newKeyName.safeParse(name);
        if (!named.success) throw new UsageError(`NAME is invalid: ${named.error.issues[0]?.message}.`);
        const expires_at = days === undefined ? null : new Date(context.now() + days * DAY_MS).toISOString();
        const made = await withStack(context, ({ nats }) => createApiKey(nats, { name: named.data, role, expires_at }));
        out.line(json ? JSON.stringify(made) : made.key);
        return EXIT.ok;
      }
      case 'list': {
        const keys = await withStack(context, ({ nats }) => listApiKeys(nats));
        if (json) out.line(JSON.stringify(keys));
        else
          out.lines(
            renderTable(
              keys,
              [
                { title: 'id', cell: (each) => each.id },
                { title: 'name', cell: (each) => each.name },
                { title: 'role', cell: (each) => each.role },
                { title: 'made', cell: (each) => each.created_at },
                { title: 'until', cell: (each) => each.expires_at ?? '' },
              ],
              { style, width: out.columns },
            ),
          );
        return EXIT.ok;
      }
      case 'revoke':
        if (!(await withStack(context, ({ nats }) => revokeApiKey(nats, name))))
          throw new NotFoundError(`there is no key "${name}": \`bw key list\` shows their ids.`);
        out.line(json ? JSON.stringify({ id: name, revoked: true }) : 'revoked');
        return EXIT.ok;
      default:
        throw new UsageError(`unknown action "${action}": use create, list, revoke.`);
    }
  },
});
