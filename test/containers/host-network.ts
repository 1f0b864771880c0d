import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import { runProgram } from '../support/run-program.ts';

/** What an engine changes outside of its folders: forwarding, interfaces, firewall rules. */
const networkState = z.object({
  boot: z.string(),
  ip_forward: z.string(),
  links: z.array(z.string()),
  /** By the program that shows it: the policy of FORWARD, and whether Docker's chains were there. */
  firewalls: z.record(z.string(), z.object({ forward: z.string(), has_docker: z.boolean() })),
});
type NetworkState = z.infer<typeof networkState>;

const FIREWALLS = ['iptables', 'ip6tables'];
const TABLES = ['filter', 'nat', 'raw', 'mangle'];
const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';

/**
 * Notes how the network of this machine is before an engine starts, to put it back afterwards. The file outlives a run
 * that is killed, so that the next one still knows.
 */
export async function rememberNetwork(file: string): Promise<{ restore(): Promise<void> }> {
  const before = kept(file) ?? (await look());
  writeFileSync(file, JSON.stringify(before));
  return {
    restore: async () => {
      await restore(before);
      rmSync(file, { force: true });
    },
  };
}

function kept(file: string): NetworkState | undefined {
  if (!existsSync(file)) return undefined;
  const { success, data } = networkState.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return success && data.boot === boot() ? data : undefined;
}

const boot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

async function look(): Promise<NetworkState> {
  const firewalls: NetworkState['firewalls'] = {};
  for (const program of FIREWALLS) {
    const rules = await rulesOf(program, 'filter');
    const forward = /^-P FORWARD (\w+)$/m.exec(rules)?.[1];
    if (forward !== undefined) firewalls[program] = { forward, has_docker: /^-N DOCKER/m.test(rules) };
  }
  return { boot: boot(), ip_forward: readFileSync(IP_FORWARD, 'utf8').trim(), links: await links(), firewalls };
}

async function restore(before: NetworkState): Promise<void> {
  for (const link of await links())
    if (!before.links.includes(link) && /^(docker|br-|veth)/.test(link))
      await runProgram(['ip', 'link', 'delete', link]);
  for (const [program, { forward, has_docker }] of Object.entries(before.firewalls)) {
    if (has_docker) continue;
    for (const table of TABLES) await removeDockerRules(program, table);
    await runProgram([program, '-P', 'FORWARD', forward]);
  }
  writeFileSync(IP_FORWARD, before.ip_forward);
}

async function removeDockerRules(program: string, table: string): Promise<void> {
  const rules = (await rulesOf(program, table)).split('\n');
  const change = (...args: string[]): Promise<unknown> => runProgram([program, '--wait', '-t', table, ...args]);
  const foreign = rules.filter(
    (rule) => /^-A (?!DOCKER)/.test(rule) && /DOCKER|docker0|\bbr-[0-9a-f]{12}\b/.test(rule),
  );
  for (const rule of foreign) await change('-D', ...rule.split(' ').slice(1));
  const chains = rules.flatMap((rule) => /^-N (DOCKER\S*)$/.exec(rule)?.[1] ?? []);
  for (const flag of ['-F', '-X']) for (const chain of chains) await change(flag, chain);
}

async function rulesOf(program: string, table: string): Promise<string> {
  return (await runProgram([program, '--wait', '-t', table, '-S'])).stdout;
}

async function links(): Promise<string[]> {
  const { code, stdout } = await runProgram(['ip', '-json', 'link']);
  if (code !== 0) return Object.keys(networkInterfaces());
  return z
    .array(z.object({ ifname: z.string() }))
    .parse(JSON.parse(stdout))
    .map(({ ifname }) => ifname);
}
