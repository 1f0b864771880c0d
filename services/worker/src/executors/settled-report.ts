import type { TaskError } from '@benchwire/shared/contracts/outcome.ts';
import { TaskFailure } from '@benchwire/shared/model/errors.ts';
import type { ExecutorContext, ExecutorReport } from './executor.ts';
import { abortError } from './onnx/run-child.ts';

/** The report with the error that the attempt stopped at, if any. @throws what no task can cause */
export async function settled(
  { signal }: Pick<ExecutorContext, 'signal'>,
  report: ExecutorReport,
  attempt: () => Promise<TaskError | null>,
): Promise<ExecutorReport> {
  try {
    report.error = await attempt();
  } catch (error) {
    // An abort surfaces as whatever it interrupted.
    if (signal.aborted) report.error = abortError(signal);
    else if (error instanceof TaskFailure) report.error = error.task_error;
    else throw error;
  }
  return report;
}
