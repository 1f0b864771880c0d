import {
  changeSetting,
  type KnownSetting,
  readSettings,
  readVariables,
  SettingConflict,
} from '@benchwire/shared/client/settings.ts';
import type { SettingState, settingApi } from '@benchwire/shared/contracts/api/settings.ts';
import { readSettingValue, SETTING_NAMES, type SettingName } from '@benchwire/shared/contracts/server-setting.ts';
import { settingFields } from '@benchwire/shared/verdict/setting-fields.ts';
import type { Gateway } from '../gateway.ts';
import { HttpProblem } from '../problem.ts';
import type { Handlers } from './route.ts';

export const settingHandlers: Handlers<typeof settingApi> = {
  'GET /api/settings': async ({ gateway }) => ({ settings: await readStates(gateway) }),

  'PUT /api/settings/:name': async ({ gateway, params: { name }, body: { revision, value }, caller }) => {
    // Null would be a reset, which has a route of its own.
    const parsed = readSettingValue(name, value);
    if (!parsed.ok) {
      const issues = parsed.issues.map((issue) => ({ ...issue, path: pathInBody(issue.path) }));
      throw new HttpProblem(422, 'BODY_INVALID', `The value is not valid for the setting ${name}.`, issues);
    }
    return await change(gateway, { name, value: parsed.value, revision, by: caller.subject });
  },

  'DELETE /api/settings/:name': ({ gateway, params: { name }, query: { revision }, caller }) =>
    change(gateway, { name, value: null, revision, by: caller.subject }),
};

const pathInBody = (path: string): string =>
  path === '(message)' ? 'value' : path.startsWith('[') ? `value${path}` : `value.${path}`;

async function change(
  gateway: Gateway,
  what: { name: SettingName; value: unknown; revision: number | undefined; by: string },
): Promise<SettingState> {
  const { nats } = gateway.client;
  try {
    const changed = await changeSetting(nats, { ...what, now: new Date() });
    return stateOf(what.name, changed, await readVariables(nats));
  } catch (error) {
    if (error instanceof SettingConflict) throw new HttpProblem(409, error.code, error.message);
    throw error;
  }
}

async function readStates({ client: { nats } }: Gateway): Promise<SettingState[]> {
  const [settings, variables] = await Promise.all([readSettings(nats), readVariables(nats)]);
  return SETTING_NAMES.map((name) => stateOf(name, settings.get(name), variables));
}

function stateOf(
  name: SettingName,
  known: KnownSetting | undefined,
  variables: Awaited<ReturnType<typeof readVariables>>,
): SettingState {
  const { revision = 0, changed_by = null, changed_at = null } = known ?? {};
  const value = (known?.value ?? null) as SettingState['value'];
  return { name, revision, value, changed_by, changed_at, fields: settingFields(name, value, variables) };
}
