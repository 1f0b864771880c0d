import { type Call, HttpClient, type SendOptions } from '@benchwire/shared/client/http-client.ts';
import { readJson } from './read-json.ts';

/** Answers in the API's place. @throws ApiProblem */
interface Answers {
  answer(asked: Call<unknown>): unknown;
}

/** What a page with frozen answers still asks the server itself: who is signed in, and the snapshots. */
const ALWAYS_LIVE = /^\/api\/(session|snapshots)\b/;

/** The API as pages use it: the gateway's, or, while a snapshot is looked at, what was stored of it. */
class PageClient extends HttpClient {
  #frozen: Answers | undefined;

  override async send<Answer>(what: Call<Answer>, options: SendOptions = {}): Promise<Answer> {
    if (this.#frozen !== undefined && !ALWAYS_LIVE.test(what.path)) return this.#frozen.answer(what) as Answer;
    return await super.send(what, options);
  }

  /** @returns what ends it */
  freeze(answers: Answers): () => void {
    this.#frozen = answers;
    return () => {
      if (this.#frozen === answers) this.#frozen = undefined;
    };
  }
}

/** The gateway that this page comes from, with the session's cookie. No foreign page can send the header without being let in by CORS. */
export const api = new PageClient({ headers: { 'X-Benchwire-Csrf': '1' }, readJson });
