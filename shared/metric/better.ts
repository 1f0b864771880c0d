/** Which way is better, as people say it; `unknown` where nobody knows. */
export type Better = 'lower' | 'higher' | 'neither' | 'unknown';
