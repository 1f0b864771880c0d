import { defineCommand } from '../arguments/command.ts';
import { EXIT, InvalidRequestError } from '../errors.ts';
import { checkRequest } from '../request/check-request.ts';
import { describeTasks } from '../request/describe-tasks.ts';
import { readRequest } from '../request/read-request.ts';
import { oneLine } from '../terminal/text-width.ts';

export const validate = defineCommand({
  name: 'validate',
  summary: 'check a request without submitting it, and show what it expands to',
  positionals: ['FILE|-'],
  options: {},
  details: 'Needs no stack. Whether a model or a program exists is only known where the task runs.',
  async run(context, _values, [file = '-']) {
    const { out, style, json } = context;
    try {
      const written = await readRequest(file, context.working_directory, context.stdin);
      const { request, tasks } = checkRequest(written);
      if (json) out.line(JSON.stringify({ valid: true, task_count: tasks.length, tasks }));
      else {
        const name = request.name === undefined ? '' : `  ${style.bold(oneLine(request.name))}`;
        out.line(`${style.green(`✓ ${written.name} is valid`)}${name}`);
        out.lines(describeTasks(tasks, style, out.columns));
      }
      return EXIT.ok;
    } catch (error) {
      if (!json || !(error instanceof InvalidRequestError)) throw error;
      out.line(JSON.stringify({ valid: false, issues: error.lines }));
      return EXIT.usage;
    }
  },
});
