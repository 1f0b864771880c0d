import { ApiProblem, call } from '@benchwire/shared/client/http-client.ts';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { keyOf } from '../api/use-api.ts';
import { FrozenAnswers } from './frozen-answers.ts';
import { answersShown } from './take-snapshot.ts';

const runs = call('GET /api/runs', { query: { status: 'failed', search: '', limit: 50 } });

it('answers what was shown, whatever empty filters stand in the question, and nothing else', () => {
  const client = new QueryClient();
  client.setQueryData(keyOf(runs), { items: ['a'], next_cursor: null });
  client.setQueryData(['/api/names', {}], { items: [] });
  const shown = new QueryObserver(client, {
    queryKey: keyOf(runs),
    queryFn: () => new Promise(() => undefined),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const leave = shown.subscribe(() => undefined);
  const answers = answersShown(client);
  leave();
  expect(answers).toEqual([
    {
      method: 'GET',
      path: '/api/runs',
      query: { status: 'failed', limit: 50 },
      answer: { items: ['a'], next_cursor: null },
    },
  ]);
  const frozen = new FrozenAnswers(JSON.parse(JSON.stringify(answers)));
  expect(frozen.answer(runs)).toEqual({ items: ['a'], next_cursor: null });
  for (const other of [
    call('GET /api/runs', { query: { status: 'failed', limit: 20 } }),
    call('GET /api/names'),
    call('POST /api/archived-runs', { body: { run_ids: ['x'] } }),
  ])
    expect(() => frozen.answer(other)).toThrow(ApiProblem);
});

it('answers a question that is the same but for the time that it is asked at', () => {
  const since = (time: string) => call('GET /api/digest', { query: { since: time } });
  const answers = [{ ...since('2026-11-01T00:00:00.000Z'), method: 'GET' as const, body: undefined, answer: 1 }];
  const frozen = new FrozenAnswers(answers as never);
  expect(frozen.answer(since('2026-11-20T00:00:00.000Z'))).toBe(1);
  expect(() => frozen.answer(call('GET /api/digest'))).toThrow(ApiProblem);
});
