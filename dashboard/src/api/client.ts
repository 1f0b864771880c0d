import { HttpClient } from '@benchwire/shared/client/http-client.ts';
import { readJson } from './read-json.ts';

/** The gateway that this page comes from, with the session's cookie. No foreign page can send the header without being let in by CORS. */
export const api = new HttpClient({ headers: { 'X-Benchwire-Csrf': '1' }, readJson });
