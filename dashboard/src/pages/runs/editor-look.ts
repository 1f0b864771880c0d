import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The page's own colours; its CSS variables reach into the shadow root. */
const theme = EditorView.theme({
  '&': { height: '460px', fontSize: '13px', color: 'var(--mantine-color-text)', backgroundColor: 'var(--bw-panel)' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--bw-soft)',
    color: 'var(--mantine-color-dimmed)',
    borderRight: '1px solid var(--bw-line)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--bw-running) 8%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--bw-running) 28%, transparent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--bw-panel)',
    color: 'var(--mantine-color-text)',
    border: '1px solid var(--bw-line)',
  },
});

const highlight = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--bw-running)' },
  { tag: [tags.string, tags.content], color: 'var(--mantine-color-text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--bw-lost)' },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
]);

export const editorLook: Extension = [theme, syntaxHighlighting(highlight)];
