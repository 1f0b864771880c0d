import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardedFetch, HostNotAllowedError } from './guarded-fetch.ts';
import { allowedHosts, isAllowEntry, isPublicAddress } from './public-addresses.ts';

let server: Server;
let port = 0;
let connections = 0;

beforeAll(async () => {
  server = createServer((_request, response) => response.end('model'));
  server.on('connection', () => {
    connections++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  connections = 0;
});

/** A name server that gives one answer after the other. */
function answers(...lists: string[][]) {
  const asked: string[] = [];
  const resolve = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void): void => {
    const list = lists[Math.min(asked.length, lists.length - 1)] ?? [];
    asked.push(host);
    setImmediate(() =>
      done(
        null,
        list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  };
  return { asked, resolve };
}

const refused = async (promise: Promise<Response>): Promise<unknown> =>
  (
    await promise.then(
      () => undefined,
      (error: Error) => error,
    )
  )?.cause;

describe('the guarded fetch', () => {
  it('goes to no private address that a name stands for, and sends nothing there', async () => {
    const dns = answers(['127.0.0.1']);
    const cause = await refused(guardedFetch(allowedHosts([]), dns.resolve)(`http://models.test:${port}/`));
    expect(cause).toBeInstanceOf(HostNotAllowedError);
    expect(connections).toBe(0);
  });

  it('goes where the operator allows it, by name, address or range', async () => {
    for (const allow of ['models.test', '*.test', '127.0.0.1', '127.0.0.0/8']) {
      const fetchModel = guardedFetch(allowedHosts([allow]), answers(['127.0.0.1']).resolve);
      expect(await (await fetchModel(`http://models.test:${port}/`)).text()).toBe('model');
    }
    expect(connections).toBe(4);
  });

  it('connects to the address that it has checked, whatever the name stands for the next time', async () => {
    // The first answer is public (and unreachable here), every later one leads back to this machine.
    const dns = answers(['192.0.2.1', '8.8.8.8'], ['127.0.0.1']);
    const fetchModel = guardedFetch(allowedHosts([]), dns.resolve);
    const aborted = AbortSignal.timeout(300);
    await fetchModel(`http://models.test:${port}/`, { signal: aborted }).catch(() => undefined);
    expect(dns.asked).toEqual(['models.test']);
    expect(connections).toBe(0);
    expect(await refused(fetchModel(`http://models.test:${port}/`))).toBeInstanceOf(HostNotAllowedError);
    expect(connections).toBe(0);
  });

  it('uses only the allowed ones of several addresses', async () => {
    const fetchModel = guardedFetch(allowedHosts(['127.0.0.1']), answers(['10.1.2.3', '127.0.0.1']).resolve);
    expect((await fetchModel(`http://models.test:${port}/`)).status).toBe(200);
  });
});

describe('addresses', () => {
  it.each(
    `127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255 198.18.0.1
    192.0.2.1 198.51.100.7 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 192.0.0.192 ::1 :: ::ffff:8.8.8.8 ::ffff:127.0.0.1 ::127.0.0.1
    64:ff9b::a00:1 64:ff9b:1::1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 2002:7f00:1::1 2001::1 3fff::1 100::1
    not-an-address 127.0.0.1.example 1.2.3`
      .trim()
      .split(/\s+/),
  )('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(
    `8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 2606:4700::1111 2a00:1450:4001:80e::200e`.split(
      ' ',
    ),
  )('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));

  it('are allowed by entries that make sense', () => {
    for (const entry of ['10.0.0.0/8', '::1', 'fd00::/8', 'models.lan', '*.lan', 'host'])
      expect(isAllowEntry(entry)).toBe(true);
    for (const entry of ['10.0.0.0/33', '10.0.0.0/', 'a/8', '*', '*.', 'https://models.lan', 'models.lan:80', ''])
      expect(isAllowEntry(entry)).toBe(false);
    const hosts = allowedHosts(['*.lan', 'Exact.example', 'fd00::/8']);
    expect(['a.lan', 'b.a.LAN.', 'exact.example'].every((name) => hosts.allowsName(name))).toBe(true);
    expect(['lan', 'a.exact.example', 'evillan'].some((name) => hosts.allowsName(name))).toBe(false);
    expect(hosts.allowsAddress('fd12::1')).toBe(true);
    expect(hosts.allowsAddress('10.0.0.1')).toBe(false);
  });
});
