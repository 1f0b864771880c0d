import { call } from '@benchwire/shared/client/http-client.ts';
import type { ReactNode } from 'react';
import { stringify } from 'yaml';
import { useGet } from '../../api/use-api.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { Log } from './log.tsx';

/** What was asked for, as YAML that `bw run` and the editor take. */
export default function RunRequest({ run_id }: { run_id: string }): ReactNode {
  const request = useGet(call('GET /api/runs/:run_id/request', { params: { run_id } }));
  return (
    <Answer of={request}>
      {({ request: text, reason }) =>
        text === '' ? (
          <Empty title="The request was not stored">{reason}</Empty>
        ) : (
          <Log>{stringify(JSON.parse(text))}</Log>
        )
      }
    </Answer>
  );
}
