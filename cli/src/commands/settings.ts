import { userInfo } from 'node:os';
import { changeSetting, type KnownSetting, readSettings, readVariables } from '@benchwire/shared/client/settings.ts';
import type { SettingField } from '@benchwire/shared/contracts/api/settings.ts';
import {
  type DetectionRule,
  detectionRuleKey,
  readSettingValue,
  SETTING_NAMES,
  type SettingName,
} from '@benchwire/shared/contracts/server-setting.ts';
import { settingFields } from '@benchwire/shared/verdict/setting-fields.ts';
import { defineCommand } from '../arguments/command.ts';
import { withStack } from '../connection/connect.ts';
import type { CliContext } from '../context.ts';
import { EXIT, UsageError } from '../errors.ts';
import { renderTable } from '../terminal/table.ts';
import { oneLine } from '../terminal/text-width.ts';

interface Known {
  name: SettingName;
  setting: KnownSetting | undefined;
  fields: SettingField[];
}

export const settings = defineCommand({
  name: 'settings',
  summary: 'settings of the server: detection, main branches, retention',
  positionals: ['[ACTION]', '[NAME]', '[VALUE]'],
  options: {
    benchmark: { kind: 'text', value: 'NAME', help: 'with set detection: a benchmark, with * for any text (*)' },
    metric: { kind: 'text', value: 'NAME', help: 'with set detection: a metric, with * for any text (*)' },
  },
  details: `
bw settings                                         what applies, and where each value comes from
bw settings get detection                           one setting; --json for its value alone
bw settings set main_branches 'main,release/*'
bw settings set retention samples=7,events=30       fields that are left out are left to their variables
bw settings set detection threshold=8,min_runs=10 --benchmark encode --metric latency_ms
                                                    adds or replaces the rule for this benchmark and metric
bw settings set detection '[{"benchmark":"encode","confirm_kinds":["regression"]}]'
                                                    JSON replaces the whole value of any setting
bw settings reset detection                         back to the server's variables

NAME is one of ${SETTING_NAMES.join(', ')}. A change counts at once, without a restart.`,
  async run(context, { benchmark, metric }, [action = 'list', name = '', text = '']) {
    switch (action) {
      case 'list':
        show(context, await withStack(context, ({ nats }) => readAll(nats)));
        return EXIT.ok;
      case 'get': {
        const wanted = nameOf(name);
        show(
          context,
          (await withStack(context, ({ nats }) => readAll(nats))).filter((each) => each.name === wanted),
        );
        return EXIT.ok;
      }
      case 'set':
      case 'reset': {
        const wanted = nameOf(name);
        const [own] = await withStack(context, async ({ nats }) => {
          const before = (await readSettings(nats)).get(wanted);
          const of = { benchmark, metric };
          const value = action === 'reset' ? null : checked(wanted, written(wanted, text, of, before));
          const by = userInfo().username;
          const change = { name: wanted, value, by, now: new Date(context.now()), revision: before?.revision ?? 0 };
          await changeSetting(nats, change);
          return (await readAll(nats)).filter((each) => each.name === wanted);
        });
        if (own !== undefined) show(context, [own]);
        return EXIT.ok;
      }
      default:
        throw new UsageError(`unknown action "${oneLine(action)}": use list, get, set, reset.`);
    }
  },
});

type Nats = Parameters<typeof readSettings>[0];

async function readAll(nats: Nats): Promise<Known[]> {
  const [known, variables] = await Promise.all([readSettings(nats), readVariables(nats)]);
  return SETTING_NAMES.map((name) => {
    const setting = known.get(name);
    const value = (setting?.value ?? null) as Parameters<typeof settingFields>[1];
    return { name, setting, fields: settingFields(name, value, variables) };
  });
}

function nameOf(name: string): SettingName {
  const found = SETTING_NAMES.find((each) => each === name);
  if (found === undefined)
    throw new UsageError(
      name === ''
        ? 'NAME is missing: `bw settings` lists them.'
        : `there is no setting "${oneLine(name)}": use ${SETTING_NAMES.join(', ')}.`,
    );
  return found;
}

/** What was written, as the value that the setting would have. */
function written(
  name: SettingName,
  text: string,
  of: { benchmark: string | undefined; metric: string | undefined },
  before: KnownSetting | undefined,
): unknown {
  if (text === '') throw new UsageError(`VALUE is missing: bw settings set ${name} VALUE`);
  if (/^\s*[[{]/.test(text)) return json(text);
  switch (name) {
    case 'main_branches':
      return text.split(',').map((branch) => branch.trim());
    case 'confirm_per_hour':
    case 'history_points':
      return Number(text);
    case 'retention':
      return pairs(text);
    case 'detection': {
      const rule = checkedRule({ ...pairs(text), benchmark: of.benchmark, metric: of.metric });
      const rules = (before?.value ?? []) as DetectionRule[];
      const at = rules.findIndex((each) => detectionRuleKey(each) === detectionRuleKey(rule));
      return at < 0 ? [...rules, rule] : rules.with(at, rule);
    }
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`VALUE is not valid JSON: ${oneLine(text)}`);
  }
}

/** `threshold=8,min_runs=10` */
function pairs(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [field = '', value = ''] = pair.split('=');
      if (value.trim() === '' || Number.isNaN(Number(value)))
        throw new UsageError(
          `"${oneLine(pair)}" is not FIELD=NUMBER: write threshold=8,min_runs=10, or the whole value as JSON.`,
        );
      return [field.trim(), Number(value)];
    }),
  );
}

const checkedRule = (rule: object): DetectionRule => {
  const [read] = checked('detection', [JSON.parse(JSON.stringify(rule))]) as DetectionRule[];
  return read as DetectionRule;
};

/** @throws UsageError for a value that is none */
function checked(name: SettingName, value: unknown): unknown {
  const parsed = readSettingValue(name, value);
  if (parsed.ok) return parsed.value;
  const [issue] = parsed.issues;
  const where = issue === undefined || issue.path === '(message)' ? '' : `${issue.path}: `;
  throw new UsageError(`the value of ${name} is not valid: ${where}${issue?.message}`);
}

function show({ out, style, json: asJson }: CliContext, all: readonly Known[]): void {
  if (asJson) {
    out.line(
      JSON.stringify(
        all.map(({ name, setting, fields }) => ({ name, ...(setting ?? { value: null, revision: 0 }), fields })),
      ),
    );
    return;
  }
  const rows = all.flatMap(({ name, setting, fields }) => fields.map((field) => ({ name, setting, field })));
  const columns = [
    { title: 'setting', cell: ({ name }: (typeof rows)[number]) => name },
    { title: 'field', cell: ({ field }: (typeof rows)[number]) => field.field ?? '' },
    { title: 'value', cell: ({ field }: (typeof rows)[number]) => valueCell(field.value), at_most: 60 },
    {
      title: 'from',
      cell: ({ field }: (typeof rows)[number]) =>
        field.from === 'setting' ? 'setting' : `${field.from} ${field.variable}`,
    },
    {
      title: 'changed',
      cell: ({ setting }: (typeof rows)[number]) =>
        setting === undefined ? '' : `by ${setting.changed_by}, ${setting.changed_at.slice(0, 16).replace('T', ' ')}`,
      expendable: 1,
    },
  ];
  out.lines(renderTable(rows, columns, { style, width: out.columns }));
  const rules = all.find(({ name }) => name === 'detection')?.setting?.value;
  if (!Array.isArray(rules)) return;
  out.lines(['', 'detection rules']);
  const fields = [...new Set((rules as DetectionRule[]).flatMap((rule) => Object.keys(rule)))].sort();
  const titles = ['benchmark', 'metric', ...fields.filter((field) => field !== 'benchmark' && field !== 'metric')];
  const cells = titles.map((title) => ({
    title,
    cell: (rule: Record<string, unknown>) => valueCell(rule[title] ?? ''),
  }));
  out.lines(renderTable(rules as Record<string, unknown>[], cells, { style, width: out.columns }));
}

const valueCell = (value: unknown): string =>
  Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value);
