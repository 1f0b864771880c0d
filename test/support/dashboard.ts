import { type LocalStack, type StackOptions, startLocalStack } from '@benchwire/deploy/local/stack.ts';
import type { TestBrowser } from './browser.ts';

export interface DashboardStack {
  stack: LocalStack;
  /** Of the page. */
  url: string;
  /** The API key that the stack made for itself. */
  key: string;
}

/** A whole stack with its gateway, which serves the page. */
export async function startDashboardStack(options: StackOptions): Promise<DashboardStack> {
  const stack = await startLocalStack(options);
  const key = stack.env.BENCHWIRE_API_KEY;
  if (key === undefined) throw new Error(`the stack's environment has no BENCHWIRE_API_KEY: ${Object.keys(stack.env)}`);
  return { stack, url: stack.service('gateway').http_url, key };
}

/** Signs in by the page's own form, as a person does, and waits for the overview. */
export async function signIn({ page }: TestBrowser, { url, key }: Pick<DashboardStack, 'url' | 'key'>): Promise<void> {
  await page.goto(url);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}
