import type { BrowserEnd, LaunchedBrowser } from './launched-browser.ts';

const START_MS = 60_000;
/** How long a browser may take to end in order before its processes are killed. */
const CLOSE_MS = 5000;

/** What has ended, the browser or one page of it, is known after this long. */
const SETTLE_MS = 500;

const ARGUMENTS = [
  // Linux has WebGPU behind a flag; where there is no GPU, Chromium brings a software adapter that says so.
  '--enable-unsafe-webgpu',
  '--enable-features=WebMachineLearningNeuralNetwork',
  '--no-first-run',
  '--disable-sync',
  '--disable-component-update',
  '--disable-background-networking',
];

/** Chromium and its relatives (Chrome, Edge), without a window. */
export async function launchChromium(program: string, url: string): Promise<LaunchedBrowser> {
  // Loaded where a browser is wanted only: a worker without one starts as fast as before.
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: program,
    headless: true,
    timeout: START_MS,
    // As root Chromium has no sandbox of its own; the page is ours, and models are data.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ARGUMENTS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const gone = Promise.withResolvers<BrowserEnd>();
  browser.on('disconnected', () => gone.resolve({ what: 'browser', how: 'the browser has ended' }));
  const close = async (): Promise<void> => {
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([browser.close().catch(() => undefined), late]);
  };
  try {
    const page = await browser.newPage();
    page.on('crash', () => gone.resolve({ what: 'page', how: "the page's process has crashed" }));
    // The pages of a browser that ends are closed first.
    page.on('close', () => setTimeout(() => gone.resolve({ what: 'page', how: 'the page was closed' }), SETTLE_MS));
    await page.goto(url, { waitUntil: 'commit', timeout: START_MS });
  } catch (error) {
    await close();
    throw error;
  }
  return { gone: gone.promise, close };
}
