import type { Issue } from '@benchwire/shared/contracts/request.ts';
import { yaml } from '@codemirror/lang-yaml';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { type ReactNode, useEffect, useRef } from 'react';
import { editorLook } from './editor-look.ts';
import { placeInYaml, yamlErrors } from './place-in-yaml.ts';

export interface YamlEditorProps {
  value: string;
  onChange: (text: string) => void;
  /** What the server found wrong with the text. */
  issues: readonly Issue[];
}

/**
 * A YAML editor that marks what is wrong where it is. It lives in a shadow root: there its styles are sheets that the page
 * adopts, while in the document they would be style elements, which the content security policy forbids.
 */
export default function YamlEditor({ value, onChange, issues }: YamlEditorProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  const first = useRef(value);
  useEffect(() => {
    changed.current = onChange;
  });

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const made = new EditorView({
      doc: first.current,
      root,
      parent: root,
      extensions: [
        basicSetup,
        yaml(),
        lintGutter(),
        editorLook,
        EditorView.contentAttributes.of({ 'aria-label': 'Request in YAML', tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed.current(update.state.doc.toString());
        }),
      ],
    });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(editor.state.doc.toString(), issues)));
  }, [issues]);

  return <div ref={host} className="bw-editor" />;
}

function diagnosticsOf(text: string, issues: readonly Issue[]): Diagnostic[] {
  const broken = yamlErrors(text);
  const found =
    broken.length > 0 ? broken : issues.map((issue) => ({ ...placeInYaml(text, issue.path), message: issue.message }));
  return found.map(({ from, to, message }) => ({ from, to, message, severity: 'error' }));
}
