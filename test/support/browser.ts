import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './chromium.ts';

/** A browser with a fresh profile; `problems` collects what its pages complain about. */
export interface TestBrowser {
  context: BrowserContext;
  page: Page;
  /** Errors on the console, uncaught errors, and what the content security policy refused. */
  problems: string[];
  close: () => Promise<void>;
}

export interface BrowserOptions {
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
}

/** Starts Chromium without a window and without the network beside the pages that are opened. */
export async function startBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const { width = 1440, height = 900, theme = 'light' } = options;
  const profile = mkdtempSync(join(tmpdir(), 'benchwire-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    viewport: { width, height },
    colorScheme: theme,
    // Colours that are still changing have no contrast to be judged.
    reducedMotion: 'reduce',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const problems: string[] = [];
  page.on('console', (message) => {
    // The first question for the session of a page that nobody has signed in to is answered with 401.
    const is_expected = message.text().includes('401') && message.location().url.endsWith('/api/session');
    if (message.type() === 'error' && !is_expected) problems.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return {
    context,
    page,
    problems,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** What axe finds wrong on the page, serious or critical, one line each with the first place. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // Evaluated by the debugger's protocol, which the page's content security policy does not bind.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; impact: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}: ${nodes[0]?.failureSummary}`);
}

/** Runs in the page: text that is cut off without saying so, and what makes the page wider than the window. */
const CUT_OFF = `(() => {
  const wrong = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) wrong.push('the page is ' + wide + ' px wider than the window');
  for (const element of document.querySelectorAll('main *, nav *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own || element.scrollWidth <= element.clientWidth + 1 || element.clientWidth === 0) continue;
    const style = getComputedStyle(element);
    if (style.overflowX === 'visible' || style.overflowX === 'auto' || style.overflowX === 'scroll') continue;
    if (style.clipPath !== 'none') continue;
    // With three dots and the whole text in a tooltip it is shortened and not cut off.
    if (style.textOverflow === 'ellipsis' && element.closest('[title]') !== null) continue;
    wrong.push('cut off: <' + element.tagName.toLowerCase() + ' class="' + element.className + '"> ' + element.textContent.slice(0, 60));
  }
  return wrong;
})()`;

/** Where text is cut off without a tooltip that has it, and where the page is wider than the window. */
export async function cutOff(page: Page): Promise<string[]> {
  return (await page.evaluate(CUT_OFF)) as string[];
}

/**
 * Runs in the page: what a finger misses. What stands alone (buttons, fields, tabs) is at least 44 px high; everything else is 24 px by
 * 24 px, or has that much room around its middle (WCAG 2.2, 2.5.8). Links within a sentence are left out, as that rule has it.
 */
const SMALL_TARGETS = `(() => {
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const boxOf = (element) => {
    const label = element.matches('input') && element.id ? document.querySelector('label[for="' + CSS.escape(element.id) + '"]') : null;
    const own = element.getBoundingClientRect();
    return label && own.width * own.height < 24 * 24 ? label.getBoundingClientRect() : own;
  };
  const inSentence = (element) => {
    if (!element.matches('a') || getComputedStyle(element).display !== 'inline') return false;
    return [...element.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '') || element.closest('p, .bw-note, .bw-wrap') !== null;
  };
  const targets = [...document.querySelectorAll('main a[href], main button, main input, main textarea, main [role="tab"], .bw-topbar button')]
    .filter((element) => (seen(element) || element.matches('input[type="radio"]')) && !inSentence(element) && !element.disabled)
    .map((element) => ({ element, box: boxOf(element) }))
    .filter(({ box }) => box.width > 1 && box.height > 1);
  const isSmall = ({ box }) => box.width < 23.5 || box.height < 23.5;
  const middle = ({ box }) => [box.left + box.width / 2, box.top + box.height / 2];
  const crowded = (target) => targets.some((other) => {
    if (other === target || other.element.contains(target.element) || target.element.contains(other.element)) return false;
    const [x, y] = middle(target);
    if (isSmall(other)) return Math.hypot(x - middle(other)[0], y - middle(other)[1]) < 23.5;
    const dx = Math.max(other.box.left - x, 0, x - other.box.right);
    const dy = Math.max(other.box.top - y, 0, y - other.box.bottom);
    return Math.hypot(dx, dy) < 11.5;
  });
  const alone = '.mantine-Button-root:not([data-size^="compact"]), .mantine-Input-input:not([data-size="xs"]), [role="tab"]';
  const say = ({ element, box }, what) => what + ': ' + Math.round(box.width) + ' x ' + Math.round(box.height) + ' px: <' + element.tagName.toLowerCase() + ' class="' + element.className + '"> ' + (element.getAttribute('aria-label') || element.textContent).slice(0, 40);
  return [
    ...targets.filter((target) => target.element.matches(alone) && target.box.height < 43.5).map((target) => say(target, 'lower than 44 px')),
    ...targets.filter((target) => isSmall(target) && crowded(target)).map((target) => say(target, 'smaller than 24 px and crowded')),
  ];
})()`;

/** What a finger would miss on this page, one line each; for a window as narrow as a phone. */
export async function smallTargets(page: Page): Promise<string[]> {
  return (await page.evaluate(SMALL_TARGETS)) as string[];
}

/** The window gets another width, and the page is laid out for it without being loaded again. */
export async function resizeTo(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}
