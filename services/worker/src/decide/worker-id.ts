/** `worker-<hostname>`, and for the n-th worker of a machine `worker-<hostname>-<n>`, as a NATS subject token. Pure. */
export function defaultWorkerId(hostname: string, number: number): string {
  const host = hostname
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100);
  const id = `worker-${host === '' ? 'unnamed' : host}`;
  return number === 1 ? id : `${id}-${number}`;
}
