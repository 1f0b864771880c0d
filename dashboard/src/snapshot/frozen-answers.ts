import { ApiProblem, type Call, withQuery } from '@benchwire/shared/client/http-client.ts';
import type { SnapshotAnswer } from '@benchwire/shared/contracts/snapshot.ts';

type Asked = Pick<Call<unknown>, 'method' | 'path' | 'query' | 'body'>;

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

const keyOf = ({ method, path, query, body }: Asked): string =>
  `${method} ${withQuery(path, query)}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`;

/** The same question at another time: pages ask for "the last 7 days" by the time that it is now. */
const timelessKeyOf = (asked: Asked): string =>
  keyOf({
    ...asked,
    query: Object.fromEntries(
      Object.entries(asked.query).map(([name, value]) => [
        name,
        typeof value === 'string' && TIME.test(value) ? 'time' : value,
      ]),
    ),
  });

/** Answers questions from a snapshot and from nothing else. */
export class FrozenAnswers {
  readonly #answers = new Map<string, unknown>();
  readonly #timeless = new Map<string, unknown>();

  constructor(answers: readonly SnapshotAnswer[]) {
    for (const each of answers) {
      const asked = { ...each, body: each.body };
      this.#answers.set(keyOf(asked), each.answer);
      this.#timeless.set(timelessKeyOf(asked), each.answer);
    }
  }

  /** @throws ApiProblem for what is not in it, and for every change */
  answer(asked: Asked): unknown {
    const [key, timeless] = [keyOf(asked), timelessKeyOf(asked)];
    if (this.#answers.has(key)) return this.#answers.get(key);
    if (this.#timeless.has(timeless)) return this.#timeless.get(timeless);
    const detail =
      asked.method === 'GET'
        ? 'This was not on the page when the snapshot was taken.'
        : 'A snapshot can be looked at. To change something, open the live page.';
    throw new ApiProblem({ status: 404, code: 'NOT_IN_SNAPSHOT', detail });
  }
}
