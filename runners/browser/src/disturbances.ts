/** Timers are late by so much where a page sleeps, is frozen, or its processor is taken away. */
const LATE_MS = 2000;
const EVERY_MS = 500;

export interface DisturbanceWatch {
  stop(): void;
}

/** Sees that the page is hidden, asleep or frozen while a task runs, and says each once. */
export function watchDisturbances(onDisturbed: (text: string) => void): DisturbanceWatch {
  const said = new Set<string>();
  const say = (kind: string, text: string): void => {
    if (said.has(kind)) return;
    said.add(kind);
    onDisturbed(text);
  };
  const onVisibility = (): void => {
    if (document.visibilityState === 'hidden')
      say('hidden', 'the page was hidden while it measured, and browsers slow hidden pages down');
  };
  const onFreeze = (): void => say('frozen', 'the browser froze the page while it measured');
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const late_ms = now - last - EVERY_MS;
    last = now;
    if (late_ms > LATE_MS)
      say(
        'late',
        `the page did not run for ${(late_ms / 1000).toFixed(1)} s while it measured: it slept, or its processor was taken away`,
      );
  }, EVERY_MS);
  document.addEventListener('visibilitychange', onVisibility);
  document.addEventListener('freeze', onFreeze);
  onVisibility();
  return {
    stop: () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisibility);
      document.removeEventListener('freeze', onFreeze);
    },
  };
}
