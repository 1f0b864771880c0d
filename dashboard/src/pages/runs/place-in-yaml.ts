import { isNode, parseDocument } from 'yaml';

/** Where in a text something is, in characters. */
export interface Place {
  from: number;
  to: number;
}

/** The place of a path like `tasks.0.config.model` or `tasks[0].config`; of the nearest thing around it where it is missing. */
export function placeInYaml(text: string, path: string): Place {
  const document = parseDocument(text);
  const parts = path.split(/[.[\]]+/).filter((part) => part !== '');
  for (let length = parts.length; length > 0; length--) {
    const keys = parts.slice(0, length).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    const node = document.getIn(keys, true);
    const range = isNode(node) ? node.range : undefined;
    if (range != null) return { from: range[0], to: Math.min(range[1], endOfLine(text, range[0])) };
  }
  return { from: 0, to: endOfLine(text, 0) };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** What keeps the text from being YAML at all. */
export function yamlErrors(text: string): (Place & { message: string })[] {
  return parseDocument(text, { prettyErrors: false }).errors.map(({ pos: [from, to], message }) => ({
    from: Math.min(from, text.length),
    to: Math.min(to, text.length),
    message,
  }));
}
