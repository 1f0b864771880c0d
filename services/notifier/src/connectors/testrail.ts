import { explainRefusal } from '@benchwire/shared/forges/explain.ts';
import { Refused } from '@benchwire/shared/outbound/errors.ts';
import { sendJson } from '@benchwire/shared/outbound/send.ts';
import { caseOf } from '../decide/traits.ts';
import type { Connector, Settings } from './connector.ts';
import { renderText } from './render.ts';

interface Result {
  comment: string | null;
}

/**
 * A finding as a result of its case in a test run: failed while it is open, passed when it has ended. TestRail adds every result that it
 * gets; so the results of the case are searched for the key first.
 */
export function testrail(settings: Settings<'testrail'>, api_key: string): Connector {
  const { url, user, run_id, failed_status_id, passed_status_id } = settings;
  const basic = Buffer.from(`${user}:${api_key}`).toString('base64');
  const common = { headers: { authorization: `Basic ${basic}` }, secrets: [basic, api_key] };
  const base = `${url.replace(/\/+$/, '')}/index.php?/api/v2`;
  const ask = <T>(path: string, signal: AbortSignal, json?: object): Promise<T> =>
    sendJson<T>({
      ...{ ...common, method: json === undefined ? 'GET' : 'POST', url: `${base}/${path}`, signal },
      ...(json && { json }),
    }).then(
      ({ body }) => body,
      (error: unknown) => {
        throw explained(error, run_id);
      },
    );
  return {
    deliver: async (outgoing, signal) => {
      const { notification, key } = outgoing;
      if (notification.reason === 'test') {
        await ask(`get_run/${run_id}`, signal);
        return null;
      }
      const case_id = caseOf(settings, notification.items[0]?.labels ?? {});
      if (case_id === undefined) throw new Refused('no case of the receiver fits this finding');
      const mark = `(benchwire ${key})`;
      // Up to 6.7 of TestRail the answer is the list itself.
      const listed = await ask<{ results: Result[] } | Result[]>(`get_results_for_case/${run_id}/${case_id}`, signal);
      const results = Array.isArray(listed) ? listed : listed.results;
      if (results.some(({ comment }) => comment?.includes(mark))) return null;
      const has_ended = Object.values(notification.alerts).every((state) => state === 'ended');
      const status_id = has_ended ? passed_status_id : failed_status_id;
      const result = { case_id, status_id, comment: `${renderText(outgoing)}\n\n${mark}` };
      await ask(`add_results_for_cases/${run_id}`, signal, { results: [result] });
      return null;
    },
  };
}

const explained = (error: unknown, run_id: number): unknown =>
  explainRefusal(error, {
    400: `TestRail has no run ${run_id}, it is closed, or the case is not in it`,
    401: 'TestRail does not know the login, or its API is switched off (Administration, Site Settings, API)',
    403: `the account may not add results to run ${run_id}`,
  });
