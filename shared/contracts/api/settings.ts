import { z } from 'zod';
import { anyJson, SETTING_NAMES, settingVariable } from '../server-setting.ts';
import { signatures } from './signature.ts';

/** Where a value comes from. */
export const VALUE_SOURCES = ['default', 'variable', 'setting'] as const;
export type ValueSource = (typeof VALUE_SOURCES)[number];

const settingState = z.object({
  name: z.enum(SETTING_NAMES),
  /** Grows with every change; a change names the one that it was made from. 0 for a setting that was never changed. */
  revision: z.int().min(0),
  /** Null where it is not set, and its variables count. */
  value: anyJson,
  /** Null where it was never changed. A reset is a change, too. */
  changed_by: z.string().nullable(),
  changed_at: z.string().nullable(),
  /** What applies, field by field; of `detection` to series that no more specific rule names. Empty until the service that uses it has started. */
  fields: z.array(
    settingVariable.omit({ setting: true, is_set: true }).extend({
      from: z.enum(VALUE_SOURCES),
      /** What a reset would bring back. */
      without_setting: anyJson,
    }),
  ),
});
export type SettingState = z.infer<typeof settingState>;
export type SettingField = SettingState['fields'][number];

const params = z.object({ name: z.enum(SETTING_NAMES) });
const revision = z.int().min(0);

export const settingApi = signatures({
  'GET /api/settings': {
    role: 'viewer',
    summary: 'Settings of the server: what applies, where each value comes from, and who changed it',
    answer: z.object({ settings: z.array(settingState) }),
  },
  'PUT /api/settings/:name': {
    role: 'admin',
    summary: 'Change a setting; services follow without a restart',
    params,
    body: z.strictObject({ revision, value: anyJson }),
    answer: settingState,
  },
  'DELETE /api/settings/:name': {
    role: 'admin',
    summary: 'Reset a setting to the server variables',
    params,
    query: z.strictObject({ revision: z.coerce.number().pipe(revision).optional() }),
    answer: settingState,
  },
});
