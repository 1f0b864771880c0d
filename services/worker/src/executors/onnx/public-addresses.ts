import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * Which addresses models are downloaded from: public ones, and those that the operator allows (WORKER_MODEL_URL_ALLOW). From the
 * IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890): none that is private, of this machine or link, of a
 * provider's metadata service, for many receivers, for documents or reserved, nor one in which such an IPv4 address is wrapped.
 */
const NOT_PUBLIC_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** All that is public lies in here; loopback, ULA, link-local, multicast, IPv4-mapped and NAT64 addresses do not. */
const GLOBAL_IPV6 = ['2000::/3'];
/** Special within it: protocol assignments with Teredo, documentation, 6to4, direct delegation. */
const NOT_PUBLIC_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const privateIpv4 = blockList(NOT_PUBLIC_IPV4);
const globalIpv6 = blockList(GLOBAL_IPV6);
const privateIpv6 = blockList(NOT_PUBLIC_IPV6);

/** What the operator allows beside public addresses. */
export interface AllowedHosts {
  /** Whether a host's name is allowed, whatever its addresses. */
  allowsName(host: string): boolean;
  /** Whether a connection may go to an address. */
  allowsAddress(address: string): boolean;
}

/** One entry of WORKER_MODEL_URL_ALLOW: an address, a range such as `10.1.0.0/16`, a name, or `*.name` for those below it. */
export function isAllowEntry(entry: string): boolean {
  if (entry.includes('/')) return rangeOf(entry) !== undefined;
  return isIP(entry) !== 0 || /^(\*\.)?[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(entry);
}

/** @param entries - each fits `isAllowEntry` */
export function allowedHosts(entries: readonly string[]): AllowedHosts {
  const ranges = blockList(entries.filter((entry) => entry.includes('/') || isIP(entry) !== 0));
  const names = entries.filter((entry) => !entry.includes('/') && isIP(entry) === 0).map((name) => name.toLowerCase());
  return {
    allowsName(host) {
      const name = host.toLowerCase().replace(/\.$/, '');
      return names.some((entry) => (entry.startsWith('*.') ? name.endsWith(entry.slice(1)) : name === entry));
    },
    allowsAddress: (address) => isPublicAddress(address) || contains(ranges, address),
  };
}

/** Whether an address is one of the public internet. False for what is no address. Pure. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !contains(privateIpv4, address);
  // A zone (`fe80::1%eth0`) is of this machine.
  if (!isIPv6(address) || address.includes('%')) return false;
  return contains(globalIpv6, address) && !contains(privateIpv6, address);
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address.replace(/%.*$/, ''), family === 4 ? 'ipv4' : 'ipv6');
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const range = rangeOf(entry);
    if (range !== undefined) list.addSubnet(range.address, range.bits, range.family);
  }
  return list;
}

function rangeOf(entry: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', length] = entry.split('/');
  const family = isIP(address);
  if (family === 0) return undefined;
  const all = family === 4 ? 32 : 128;
  const bits = length === undefined ? all : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  return bits < 0 || bits > all ? undefined : { address, bits, family: family === 4 ? 'ipv4' : 'ipv6' };
}
