import { isIPv4, isIPv6 } from 'node:net';

/** Whether a host, as it stands in a URL, is reached only from the machine itself: `localhost`, 127.0.0.0/8, `::1`. Pure. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIPv4(bare)) return bare.startsWith('127.');
  return bare === '::1' || /^(.+\.)?localhost\.?$/i.test(bare);
}

/** A host as it stands in a URL: an IPv6 address gets brackets. Pure. */
export function hostInUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
