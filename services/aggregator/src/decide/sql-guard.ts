import type { Issue } from '@benchwire/shared/contracts/request.ts';

/**
 * What a statement may do beyond what the engine itself forbids a read-only session (writing, changing settings, and
 * table functions that reach files and other machines). The statement is judged by ClickHouse's own parser: a list of
 * its syntax tree's nodes (`EXPLAIN AST`), not its text, so comments, quoting and spelling hide nothing.
 */

/** Table functions that only make rows out of nothing. */
const TABLE_FUNCTIONS = new Set([
  'numbers',
  'numbers_mt',
  'zeros',
  'zeros_mt',
  'generateseries',
  'generate_series',
  'values',
  'view',
  'viewexplain',
  'null',
  'generaterandom',
  'primes',
]);

/**
 * Functions in expressions that read files, reach other machines, dictionaries or the server's secrets, only waste time, or take the
 * product of two texts' lengths. */
const REFUSED_FUNCTIONS =
  /^(file|dict[a-z0-9_]*|catboost[a-z0-9_]*|naivebayes[a-z0-9_]*|joinget[a-z0-9_]*|ai[a-z0-9_]*|reversednsquery|getclienthttpheader|getserversetting|getserverport|getmacro|zookeeper[a-z0-9_]*|address[a-z0-9_]*|logtrace|sleep|sleepeachrow|filesystem[a-z0-9_]*|editdistance[a-z0-9_]*|levenshteindistance[a-z0-9_]*|dameraulevenshtein[a-z0-9_]*|jaro[a-z0-9_]*|multifuzzymatch[a-z0-9_]*)$/;

/** System tables that tell of the columns of this database's tables and of the language: nothing of files, other users or the machine. */
const SYSTEM_TABLES = new Set([
  'columns',
  'data_type_families',
  'formats',
  'functions',
  'numbers',
  'numbers_mt',
  'one',
  'table_functions',
  'time_zones',
]);

/** Statements about tables, as ClickHouse writes them out itself. */
const TABLE = '(?:[A-Za-z_][A-Za-z0-9_]*\\.)?[A-Za-z_][A-Za-z0-9_]*';
const ABOUT_TABLES = new RegExp(`^(?:SHOW TABLES|(?:SHOW CREATE TABLE|DESCRIBE TABLE|EXISTS TABLE) (${TABLE}))$`);

/**
 * Whether a statement, as `formatQuery` writes it, only asks what a table of ours looks like.
 * @returns undefined where it does not; `shown` is the table whose definition is asked for
 */
export function aboutTable(canonical: string, database: string): { shown?: string } | undefined {
  const match = ABOUT_TABLES.exec(canonical);
  if (match === null) return undefined;
  const table = match[1];
  if (table === undefined) return {};
  if (tableIssue(table, database) !== undefined) return undefined;
  return canonical.startsWith('SHOW CREATE') ? { shown: table.slice(table.indexOf('.') + 1) } : {};
}

/** What to say of a statement that ClickHouse's parser reads but that is no query which can stand in parentheses. */
export function notAQuery(canonical: string): Issue {
  const [word = ''] = canonical.split(/[\s(]/, 1);
  if (/^(SELECT|WITH|EXPLAIN)$/i.test(word)) {
    return refused('FORMAT and INTO OUTFILE are not possible here: the answer always comes as rows');
  }
  return refused(
    `${word.toUpperCase()} is not possible here: use one SELECT (or EXPLAIN, SHOW TABLES, DESCRIBE TABLE, SHOW CREATE TABLE)`,
  );
}

/**
 * Judges a query by its syntax tree.
 * @param nodes - the lines of `EXPLAIN AST`, indented by depth
 * @returns the first thing that is not allowed, or undefined
 */
export function judge(nodes: readonly string[], database: string): Issue | undefined {
  let previous = '';
  let announced = 1;
  for (const line of nodes) {
    const node = line.trimStart();
    const issue = judgeNode(node, previous, database);
    if (issue !== undefined) return issue;
    announced += Number(/\(children (\d+)\)$/.exec(node)?.[1] ?? 0);
    previous = node;
  }
  // Each node says how many it has below it: nothing of the tree may be missing.
  return announced === nodes.length ? undefined : refused('the statement cannot be checked: make it simpler');
}

function judgeNode(node: string, previous: string, database: string): Issue | undefined {
  const name = /^Function (\S+)/.exec(node)?.[1];
  if (name !== undefined) {
    const lower = name.toLowerCase();
    // The first child of a table expression is what it reads.
    if (previous.startsWith('TableExpression')) {
      return TABLE_FUNCTIONS.has(lower) ? undefined : refused(`the table function ${name} is not possible here`);
    }
    return REFUSED_FUNCTIONS.test(lower) ? refused(`the function ${name} is not possible here`) : undefined;
  }
  // The engine refuses a change of settings itself, but not inside of a subquery.
  if (node === 'Set') return refused('a SETTINGS clause is not possible here');
  const table = /^TableIdentifier (\S+)/.exec(node)?.[1];
  if (table !== undefined) return tableIssue(table, database);
  // A table after IN is an identifier like any other.
  const identifier = /^Identifier (system\.\S+|information_schema\.\S+)/i.exec(node)?.[1];
  return identifier === undefined ? undefined : tableIssue(identifier, database);
}

function tableIssue(table: string, database: string): Issue | undefined {
  const at = table.indexOf('.');
  if (at === -1) return undefined;
  const owner = table.slice(0, at);
  const name = table.slice(at + 1);
  if (owner === database) return undefined;
  if (owner === 'system' && SYSTEM_TABLES.has(name)) return undefined;
  return refused(
    owner === 'system'
      ? `the table system.${name} is not readable here`
      : `only the tables of "${database}" are readable here, not "${table}"`,
  );
}

function refused(message: string): Issue {
  return { path: 'sql', code: 'not_allowed', message };
}
