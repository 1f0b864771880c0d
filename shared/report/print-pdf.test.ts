import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { printPdf } from './print-pdf.ts';

/** Programs that stand in for a browser: what matters here is how it ends. The real one prints in test/e2e/reports-as-pdf.test.ts. */
const folder = mkdtempSync(join(tmpdir(), 'bw-print-pdf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

it('says what to install where there is no browser', async () => {
  const printed = await printPdf('<p>x', { browser: join(folder, 'none') });
  expect(printed).toMatchObject({ ok: false, reason: expect.stringContaining('apt-get install chromium') });
});

it('gives back what the browser wrote, and hands it nothing of our environment', async () => {
  process.env.BENCHWIRE_TEST_SECRET = 'secret';
  const prints = `for each in "$@"; do case "$each" in --print-to-pdf=*) env > "\${each#--print-to-pdf=}";; esac; done`;
  const printed = await printPdf('<p>x', { browser: program('prints', prints) });
  delete process.env.BENCHWIRE_TEST_SECRET;
  if (!printed.ok) throw new Error(printed.reason);
  expect(printed.pdf.toString()).toContain('HOME=');
  expect(printed.pdf.toString()).not.toContain('secret');
});

it.each([
  ['fails', 'exit 3', 'it ended with code 3'],
  ['writes-nothing', 'exit 0', 'it wrote no file'],
  ['hangs', 'sleep 600 & wait', 'it took more than 0.3 s'],
])('a browser that %s is reported, and ended with all that it started', async (name, script, reason) => {
  const printed = await printPdf('<p>x', { browser: program(name, script), timeout_ms: 300 });
  expect(printed).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
});
