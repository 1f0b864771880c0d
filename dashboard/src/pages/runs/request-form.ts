/** The form's fields as the person typed them. */
export interface RequestForm {
  name: string;
  model: string;
  hardware: string[];
  batch_sizes: string;
  iterations: string;
  precision: string;
  scenario: string;
  placement: string;
  priority: string;
  commit: string;
}

export const EMPTY_FORM: RequestForm = {
  name: '',
  model: '',
  hardware: [],
  batch_sizes: '1, 2, 4',
  iterations: '100',
  precision: '',
  scenario: 'single_stream',
  placement: 'any',
  priority: '0',
  commit: '',
};

/** A number where the text is one; else the text, so that the server's check can say what is wrong with it. */
export const numberOr = (text: string): number | string =>
  /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text.trim();

/** Words between commas and spaces. */
export const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== '');

/** The request that the form stands for; what was left empty is left to the server's defaults. */
export function requestOf(form: RequestForm): Record<string, unknown> {
  const model = form.model.trim();
  return {
    ...(form.name.trim() === '' ? {} : { name: form.name.trim() }),
    ...(form.commit.trim() === '' ? {} : { source: { commit: form.commit.trim() } }),
    ...(form.priority.trim() === '0' ? {} : { priority: numberOr(form.priority) }),
    tasks: [
      {
        task_id: taskIdOf(model),
        ...(form.placement === 'any' ? {} : { placement: form.placement }),
        ...(form.hardware.length === 0 ? {} : { requirements: { hardware: form.hardware } }),
        config: {
          model,
          batch_sizes: wordsOf(form.batch_sizes).map(numberOr),
          iterations: numberOr(form.iterations),
          ...(form.precision.trim() === '' ? {} : { precision: form.precision.trim() }),
          ...(form.scenario === 'single_stream' ? {} : { scenario: form.scenario }),
        },
      },
    ],
  };
}

/** The model's file name, with what a task id may not hold as `-`. */
function taskIdOf(model: string): string {
  const last =
    model
      .split('/')
      .at(-1)
      ?.replace(/\.onnx$/, '') ?? '';
  return (
    last
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 100) || 'task'
  );
}
