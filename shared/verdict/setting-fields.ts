import type { SettingField, SettingState } from '../contracts/api/settings.ts';
import { readSettingValue, type SettingName, type SettingVariable } from '../contracts/server-setting.ts';
import { detectionFor } from './detection-rules.ts';

/** A series that only the rule for every benchmark and metric fits: no name that is measured has a space at its end. */
const ANY = ' ';

type Fields = Record<string, SettingState['value']>;

/** What applies of a setting, field by field, and where each value comes from. Pure. */
export function settingFields(
  name: SettingName,
  value: SettingState['value'],
  variables: readonly SettingVariable[],
): SettingField[] {
  const set = setFields(name, value);
  return variables
    .filter(({ setting }) => setting === name)
    .map(({ field, variable, value: without_setting, is_set }) => {
      const own = field === null ? value : (set[field] ?? null);
      const from = own !== null ? 'setting' : is_set ? 'variable' : 'default';
      return { field, variable, value: own ?? without_setting, from, without_setting };
    });
}

/** The fields that are set; of `detection` those of the rule for every series. */
function setFields(name: SettingName, value: SettingState['value']): Fields {
  if (name === 'detection') {
    const parsed = readSettingValue(name, value);
    return parsed.ok ? (detectionFor(parsed.value, ANY, ANY) as Fields) : {};
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
