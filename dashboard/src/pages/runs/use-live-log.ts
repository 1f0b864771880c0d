import { call } from '@benchwire/shared/client/http-client.ts';
import { useEffect, useState } from 'react';
import { api } from '../../api/client.ts';
import { logText } from './log-text.ts';

/** Between two questions, and after one that failed. */
const EVERY_MS = 700;
const RETRY_MS = 3000;
/** More than these of a log are not kept in the page. */
const MAX_CHARACTERS = 256 * 1024;

export interface LiveLog {
  text: string;
  /** Why it can't be read at the moment. */
  error: Error | undefined;
}

/** The log of an attempt that runs, as its worker has it: asked again and again until the page no longer shows it. */
export function useLiveLog({
  run_id,
  task_id,
  attempt,
}: {
  run_id: string;
  task_id: string;
  attempt: number;
}): LiveLog {
  const [log, setLog] = useState<LiveLog>({ text: '', error: undefined });
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let after = 0;
    const params = { run_id, task_id };
    const read = async (): Promise<number> => {
      const asked = call('GET /api/tasks/:run_id/:task_id/log', { params, query: { attempt, after } });
      const { text, next } = await api.send(asked, { signal: gone.signal });
      after = next;
      setLog((before) => ({ text: (before.text + logText(text)).slice(-MAX_CHARACTERS), error: undefined }));
      return EVERY_MS;
    };
    const failed = (error: Error): number => {
      setLog((before) => ({ ...before, error }));
      return RETRY_MS;
    };
    const follow = async (): Promise<void> => {
      const wait_ms = await read().catch(failed);
      if (!gone.signal.aborted) timer = setTimeout(() => void follow(), wait_ms);
    };
    setLog({ text: '', error: undefined });
    void follow();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [run_id, task_id, attempt]);
  return log;
}
