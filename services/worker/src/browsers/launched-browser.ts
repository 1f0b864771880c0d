/** A browser with a fresh profile that has been sent to an address. */
export interface LaunchedBrowser {
  /** Settles with why the page can no longer measure, when the browser has ended or the page has crashed. */
  gone: Promise<BrowserEnd>;
  /** Ends the browser with all its processes, and removes its profile. Never throws. */
  close(): Promise<void>;
}

export interface BrowserEnd {
  /** `page`: the page's process has crashed, and the browser is still there. `browser`: it has ended itself. */
  what: 'page' | 'browser';
  how: string;
}
