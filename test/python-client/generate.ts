import { openApi, schemaOf } from '@benchwire/gateway/src/openapi.ts';
import { API_ROUTES } from '@benchwire/shared/contracts/api/api.ts';
import { workerNow } from '@benchwire/shared/contracts/api/fleet.ts';
import { runNow, submitted, taskNow } from '@benchwire/shared/contracts/api/runs.ts';
import { finding } from '@benchwire/shared/contracts/finding.ts';
import { source } from '@benchwire/shared/contracts/request.ts';
import { eventRow, findingRow, outcomeRow, resultRow, seriesRow } from '@benchwire/shared/contracts/rows.ts';
import { runVerdict } from '@benchwire/shared/contracts/verdict.ts';
import { className, isPythonName, PythonTypes, type Schema } from './python-types.ts';

interface Content {
  content?: Record<string, { schema?: Schema }>;
}
interface Operation {
  summary: string;
  description: string;
  parameters: { name: string; in: 'path' | 'query'; schema: Schema }[];
  requestBody?: Content & { required: boolean };
  responses: Record<string, Content>;
}

/** Names of their own for what many routes answer with. */
const NAMED = {
  Run: runNow,
  Task: taskNow,
  Outcome: outcomeRow,
  Result: resultRow,
  Series: seriesRow.omit({ sort_value: true }),
  Finding: findingRow,
  FindingRecord: finding,
  Verdict: runVerdict,
  Worker: workerNow,
  Event: eventRow,
  Submitted: submitted,
  Source: source,
};

/** Steps of paths that name one thing as they are. */
const ONE = new Set(['series', 'status', 'results', 'outcomes']);

const HEAD = `# Written by \`npm run schemas\` from the gateway's OpenAPI document: do not edit.
# ruff: noqa: E501
`;

/** The generated files of the Python client, by their names. Pure. */
export function pythonClient(): Record<string, string> {
  const types = new PythonTypes();
  for (const [name, schema] of Object.entries(NAMED)) types.typeOf(schemaOf(schema, 'output') as Schema, name);
  const { paths } = openApi(API_ROUTES) as { paths: Record<string, Record<string, Operation>> };
  const operations = Object.entries(paths).flatMap(([path, of]) =>
    Object.entries(of).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const taken = new Set<string>();
  const methods = operations.map((each) => describe(each, types, taken));
  const models = `${HEAD}
from __future__ import annotations

from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

${types.source()}
`;
  const used = types.source();
  const names = [...used.matchAll(/^(?:class )?(\w+)(?:\(TypedDict\):| = TypedDict\()/gm)].map(([, name = '']) => name);
  const all = methods.map(({ text }) => text('def', 'return ', 'self._send')).join('\n');
  const imported = names.filter((name) => new RegExp(`\\b${name}\\b`).test(all)).sort();
  const operations_file = `${HEAD}
from __future__ import annotations

from typing import Any, Literal, cast

from ._base import AsyncSender, Sender, part
from .models import (
${imported.map((name) => `    ${name},`).join('\n')}
)


class Operations(Sender):
    """Every route of the API; \`/docs\` of a gateway describes them."""

${methods.map(({ text }) => text('def', 'return ', 'self._send')).join('\n')}

class AsyncOperations(AsyncSender):
    """Every route of the API, to be awaited."""

${methods.map(({ text }) => text('async def', 'return ', 'await self._send')).join('\n')}`;
  return { 'models.py': models, '_operations.py': operations_file };
}

interface Described {
  text(def: string, give: string, send: string): string;
}

function describe(
  { method, path, operation }: { method: string; path: string; operation: Operation },
  types: PythonTypes,
  taken: Set<string>,
): Described {
  const name = methodName(method, path, taken);
  const of_path = operation.parameters.filter((each) => each.in === 'path').map((each) => each.name);
  const query = operation.parameters
    .filter((each) => each.in === 'query')
    .map(({ name: wire, schema }) => ({
      wire,
      python: isPythonName(wire) ? wire : `${wire}_`,
      type: types.typeOf(schema, `${className(name)}${className(wire)}`),
    }));
  const body = bodyOf(operation, name, types);
  const answer = answerOf(operation, name, types);
  const parameters = [
    'self',
    ...of_path.map((each) => `${each}: str`),
    ...(body === undefined ? [] : [`body: ${body.type}${body.required ? '' : ' | None = None'}`]),
    ...(query.length === 0 ? [] : ['*']),
    ...query.map(({ python, type }) => `${python}: ${type.endsWith('None') ? type : `${type} | None`} = None`),
  ];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, each) => `{part(${each})}`);
  const sent = [
    `"${method}"`,
    of_path.length > 0 ? `f"${filled}"` : `"${path}"`,
    ...(query.length === 0 ? [] : [`query={${query.map(({ wire, python }) => `"${wire}": ${python}`).join(', ')}}`]),
    ...(body === undefined ? [] : [body.is_bytes ? 'content=body' : 'body=body']),
    ...(answer.kind === 'json' ? [] : [`answer="${answer.kind}"`]),
  ];
  const words = `${operation.summary}. ${operation.description}`.replaceAll('\\', '\\\\').replaceAll('"""', "'''");
  return {
    text: (def, give, send) =>
      [
        `    ${def} ${name}(${parameters.join(', ')}) -> ${answer.type}:`,
        `        """${words}"""`,
        answer.type === 'None'
          ? `        ${send}(${sent.join(', ')})`
          : `        ${give}cast(${JSON.stringify(answer.type).replaceAll("'", "\\'")}, ${send}(${sent.join(', ')}))`,
        '',
      ].join('\n'),
  };
}

/** `GET /api/runs/{run_id}/results` is `get_run_results`, `GET /api/series/{id}` is `get_series_by_id` beside `get_series`. */
function methodName(method: string, path: string, taken: Set<string>): string {
  const steps = path.split('/').slice(2);
  const words = steps.flatMap((step, at) => {
    if (step.startsWith('{')) return [];
    const is_one = steps[at + 1]?.startsWith('{') === true && !ONE.has(step);
    return [(is_one ? step.replace(/s$/, '') : step).replaceAll('-', '_')];
  });
  const name = [method.toLowerCase(), ...words].join('_');
  const free = !taken.has(name)
    ? name
    : `${name}_by_${(steps.findLast((step) => step.startsWith('{')) ?? 'other').replaceAll(/[{}]/g, '')}`;
  if (taken.has(free)) throw new Error(`${method} ${path}: there is a method ${free} already`);
  taken.add(free);
  return free;
}

function bodyOf({ requestBody }: Operation, name: string, types: PythonTypes) {
  if (requestBody === undefined) return undefined;
  const { required, content = {} } = requestBody;
  if ('application/octet-stream' in content) return { type: 'bytes', required, is_bytes: true };
  const schema = content['application/json']?.schema ?? {};
  const type = types.typeOf(schema, `${className(name)}Body`);
  return { type, required: required && type !== 'Any', is_bytes: false };
}

function answerOf(
  { responses }: Operation,
  name: string,
  types: PythonTypes,
): { type: string; kind: 'json' | 'text' | 'bytes' } {
  const good = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1].content ?? {};
  const json = good['application/json']?.schema;
  if (json !== undefined) return { type: types.typeOf(json, `${className(name)}Answer`), kind: 'json' };
  const kinds = Object.keys(good);
  if (kinds.length === 0) return { type: 'None', kind: 'json' };
  return kinds.length > 1 ? { type: 'bytes', kind: 'bytes' } : { type: 'str', kind: 'text' };
}
