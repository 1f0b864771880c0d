import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../../test-support/database.ts';
import type { Database } from '../adapters/database.ts';
import { SqlProcess } from '../adapters/sql-process.ts';

let database: Database;
let stop: () => Promise<void>;
let statements: SqlProcess;
beforeAll(async () => {
  const opened = await testDatabase({ SQL_MAX_ROWS: '50', SQL_MAX_SECONDS: '2', SQL_MAX_MEMORY_MB: '64' });
  ({ database, stop } = opened);
  statements = new SqlProcess(database, opened.config);
});
afterAll(async () => {
  await statements.stop();
  await stop();
});

const never = new AbortController().signal;
const run = async (sql: string) => {
  const answer = await statements.run(sql, 1_000_000, never);
  if ('no_answer' in answer) throw new Error(`no answer: ${answer.no_answer} ${answer.message}`);
  return answer;
};

describe('sql', () => {
  it('gives columns in order, numbers where they are exact, nulls as nulls', async () => {
    const answer = await run(
      "select 1 as b, 9007199254740993 as a, [toUInt64(2)] as l, null as n, 'x;y' as s, toDateTime64('2026-01-02 03:04:05.678', 3, 'UTC') as t; -- done",
    );
    expect(answer).toEqual({
      ok: true,
      columns: ['b', 'a', 'l', 'n', 's', 't'],
      rows: [{ b: 1, a: '9007199254740993', l: [2], n: null, s: 'x;y', t: '2026-01-02T03:04:05.678Z' }],
      truncated: false,
    });
  });

  it('tells when there was more', async () => {
    const answer = await run('SELECT number FROM numbers(1000)');
    expect(answer.ok && [answer.rows.length, answer.truncated]).toEqual([50, true]);
  });

  it.each([
    'SHOW TABLES',
    'DESCRIBE samples',
    'SHOW CREATE TABLE tasks',
    'EXPLAIN SELECT * FROM tasks',
    'WITH x AS (SELECT * FROM runs) SELECT count() FROM x',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'SELECT count() FROM system.columns',
    'SELECT count() FROM benchwire.runs',
  ])('allows %s', async (sql) => {
    // A server's test database has another name.
    expect(await run(sql.replace('benchwire.', `${database.name}.`))).toMatchObject({ ok: true });
  });

  it.each([
    "INSERT INTO runs (run_id) VALUES ('0190a000-0000-7000-8000-000000000000')",
    'INSERT INTO runs SELECT * FROM runs',
    'CREATE TABLE x (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE x (a Int8)',
    'DROP TABLE runs',
    'ALTER TABLE runs DELETE WHERE 1',
    'TRUNCATE TABLE runs',
    'OPTIMIZE TABLE runs FINAL',
    'RENAME TABLE runs TO x',
    'ATTACH DATABASE q ENGINE = Memory',
    'SET readonly = 0',
    'USE system',
    'SYSTEM FLUSH LOGS',
    'SYSTEM SHUTDOWN',
    'KILL QUERY WHERE 1',
    'CHECK TABLE runs',
    'EXECUTE AS default SELECT 1',
    "BACKUP TABLE runs TO File('/tmp/x')",
    "CREATE USER q IDENTIFIED BY 'x'",
    'GRANT ALL ON *.* TO default',
    'SHOW PROCESSLIST',
    'SHOW CREATE TABLE system.users',
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE runs',
    'SELECT 1 PARALLEL WITH SELECT 2',
    'SELECT 1) UNION ALL SELECT * FROM (SELECT 2',
    "SELECT 1 INTO OUTFILE '/tmp/bw-outfile'",
    "SELECT 1) INTO OUTFILE '/tmp/bw-outfile' FORMAT CSV --",
    'SELECT 1 FORMAT CSV',
    'SELECT 1 SETTINGS max_execution_time = 0',
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)',
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString', 'line String')",
    "SELECT * FROM FILE('/etc/passwd', LineAsString)",
    "SELECT * FROM `file`('/etc/passwd', LineAsString)",
    "SELECT/**/*/**/FROM/**/file/**/('/etc/passwd', LineAsString)",
    "SELECT file('/etc/passwd')",
    "SELECT fi/**/le('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT arrayMap(x -> file(x), ['/etc/passwd'])",
    "SELECT 1 WHERE file('/etc/passwd') != ''",
    "SELECT number FROM numbers(3) ORDER BY file('/etc/passwd')",
    "WITH (SELECT file('/etc/passwd')) AS x SELECT x",
    "SELECT (SELECT count() FROM file('/etc/passwd', LineAsString))",
    "SELECT 1 IN (SELECT * FROM file('/etc/passwd', LineAsString))",
    "SELECT * FROM view(SELECT file('/etc/passwd'))",
    "EXPLAIN SELECT file('/etc/passwd')",
    "EXPLAIN ESTIMATE SELECT * FROM file('/etc/passwd', LineAsString)",
    "DESCRIBE file('/etc/passwd')",
    "DESCRIBE TABLE file('/etc/passwd')",
    "SELECT * FROM loop(file('/etc/passwd', LineAsString))",
    "SELECT * FROM fileCluster('default', '/etc/passwd', LineAsString)",
    "SELECT * FROM filesystem('/etc')",
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')",
    "SELECT * FROM gcs('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM clusterAllReplicas('default', system.one)",
    "SELECT * FROM executable('ls', TSV, 'a String')",
    "SELECT * FROM sqlite('/tmp/x', 't')",
    "SELECT * FROM mysql('h:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('h:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM merge('system', '.*')",
    "SELECT * FROM dictionary('x')",
    "SELECT dictGet('x', 'y', 1)",
    "SELECT aiGenerate('x')",
    "SELECT reverseDNSQuery('127.0.0.1')",
    "SELECT catboostEvaluate('/etc/passwd', 1)",
    'SELECT sleep(3)',
    'SELECT * FROM system.errors',
    'SELECT * FROM system.parts',
    'SELECT data_paths FROM system.tables',
    'SELECT path FROM system.disks',
    'SELECT * FROM system.query_log',
    'SELECT * FROM system.settings',
    'SELECT * FROM `system` . `metrics`',
    'SELECT 1 IN (SELECT name FROM system.databases)',
    'SELECT * FROM system.processes',
    'SELECT * FROM `system`.`users`',
    'SELECT 1 IN system.users',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM other.table',
    'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)',
    'SELECT groupArray(number) FROM numbers(1000000000)',
    'SELECT nope FROM runs',
    'selec 1',
    '/* unclosed',
    '-- nothing',
    ' ',
  ])('refuses %s', async (sql) => {
    const answer = await run(sql);
    expect(answer).toMatchObject({ ok: false, issues: [{ path: 'sql' }] });
    expect(JSON.stringify(answer)).not.toContain('root:');
  });

  it('judges what stands behind a very long list too', async () => {
    const answer = await run(`SELECT ${'1 + '.repeat(2000)} length(file('/etc/passwd'))`);
    expect(answer).toMatchObject({ ok: false });
    const list = await run(`SELECT [${'1, '.repeat(5000)} 1], toString(file('/etc/passwd'))`);
    expect(list).toMatchObject({ ok: false, issues: [{ code: 'not_allowed' }] });
  });

  it('leaves nothing behind a failed statement', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await run('SELECT throwIf(number > 10) FROM numbers(100)')).toMatchObject({ ok: false });
      expect(await run('SELECT 7 AS seven')).toMatchObject({ ok: true, rows: [{ seven: 7 }] });
    }
  });

  it('holds up neither the process nor the writers', async () => {
    const heavy = statements.run('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)', 1_000_000, never);
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await database.insert('schema_migrations', ['id', 'name'], [[0, 'beside a heavy query']]);
    expect(await database.query('SELECT name FROM schema_migrations FINAL WHERE id = 0')).toHaveLength(1);
    await heavy;
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});
