/** A node of ClickHouse's syntax tree: `Function repeat`, `Literal 'a'`. */
export interface SyntaxNode {
  text: string;
  children: SyntaxNode[];
}

/** The lines of `EXPLAIN AST`, indented by depth, as a tree. */
export function syntaxTreeOf(lines: readonly string[]): SyntaxNode {
  const root: SyntaxNode = { text: '', children: [] };
  const path: SyntaxNode[] = [root];
  for (const line of lines) {
    const text = line.trimStart();
    const depth = Math.min(line.length - text.length, path.length - 1);
    const node: SyntaxNode = { text: text.replace(/ \(children \d+\)$/, ''), children: [] };
    path[depth]?.children.push(node);
    path.length = depth + 1;
    path.push(node);
  }
  return root;
}

/** A function's name in lower case, or undefined for every other node. */
export function functionName(node: SyntaxNode): string | undefined {
  return /^Function (\S+)/.exec(node.text)?.[1]?.toLowerCase();
}

/** What a function is given. */
export function argumentsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.children.find((child) => child.text.startsWith('ExpressionList'))?.children ?? [];
}
