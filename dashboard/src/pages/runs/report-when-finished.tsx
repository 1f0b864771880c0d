import type { RunRow } from '@benchwire/shared/contracts/rows.ts';
import { type ReactNode, useEffect, useRef } from 'react';
import { notifyFailure } from '../../parts/notify.ts';
import { saveReport } from '../../parts/report-menu.tsx';

/** Saves the report of a run as a file as soon as it has ended. */
export function ReportWhenFinished({ run, onSaved }: { run: RunRow; onSaved: () => void }): ReactNode {
  const asked = useRef(false);
  useEffect(() => {
    if (run.finished_at === null || asked.current) return;
    asked.current = true;
    void saveReport(`/api/runs/${run.run_id}/report`).catch(notifyFailure).finally(onSaved);
  }, [run, onSaved]);
  return <p className="bw-note">The report is saved when the run has ended, if this page is still open.</p>;
}
