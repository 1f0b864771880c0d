/** Whom programs run as instead of the worker's own user. */
export interface TaskUser {
  name: string;
  uid: number;
  gid: number;
  /** It has an entry in the system's list of users, and so groups of its own. */
  is_known: boolean;
}

interface IsolationOptions {
  isolation: 'auto' | 'off' | 'require';
  hidden: readonly string[];
  user: TaskUser | undefined;
  tool: { sh: string; unshare: string | undefined; setpriv: string | undefined; mount: string | undefined };
}

/** One way to start a program apart from the worker. */
interface IsolationChain {
  name: string;
  /** What stands before the program. */
  prefix: string[];
  /** A mount namespace of its own, in which the hidden folders are hidden. */
  has_namespace: boolean;
}

/**
 * What root's programs lose: with any of these they could look into the worker's other processes, or behind what is mounted over
 * the hidden folders. Since a process's permitted capabilities have to be a subset of those of the process that looks into it
 * (ptrace(2), "ptrace access mode checking"), the loss of any keeps them from every process of the stack.
 */
const DROPPED = [
  'sys_admin',
  'sys_ptrace',
  'sys_module',
  'sys_rawio',
  'sys_boot',
  'sys_chroot',
  'dac_read_search',
  'mknod',
  'setpcap',
];
/** Linux 5.8 and 5.9, and libraries of that time, brought these; `perfmon` alone opens the memory of other processes. */
const DROPPED_SINCE_5_9 = ['perfmon', 'bpf', 'checkpoint_restore'];

/** The ways to try, the one that protects most first. Which of them this machine lets us go is found out by going. Pure. */
export function isolationChains(options: IsolationOptions): IsolationChain[] {
  const { tool, user, hidden, isolation } = options;
  const { setpriv, unshare, mount, sh } = tool;
  if (setpriv === undefined) return [];
  const is_root = process.getuid?.() === 0;
  const asUser = user === undefined ? [] : userFlags(user);
  if (isolation === 'off') {
    if (user === undefined) return [];
    const prefix = [setpriv, ...asUser, '--inh-caps=-all', '--no-new-privs', '--'];
    return [{ name: `user ${user.name}`, prefix, has_namespace: false }];
  }
  const can_mount = unshare !== undefined && mount !== undefined;
  const hiding = hidden.map((folder) => `${mount} -t tmpfs -o ro,size=4k,mode=555 hidden ${quote(folder)}`);
  if (is_root && can_mount) hiding.push(readOnly(mount));
  const inside = [sh, '-c', [...hiding, 'exec "$@"'].join(' && '), 'sh'];
  if (!is_root) {
    if (!can_mount) return [];
    const apart = [unshare, '--user', '--map-current-user', '--keep-caps', '--mount', '--', ...inside];
    const prefix = [...apart, setpriv, '--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs', '--'];
    return [{ name: 'user namespace', prefix, has_namespace: true }];
  }
  const chains: IsolationChain[] = [];
  for (const with_mount of can_mount ? [true, false] : [false]) {
    for (const dropped of [[...DROPPED, ...DROPPED_SINCE_5_9], DROPPED]) {
      const bounded = `--bounding-set=${dropped.map((name) => `-${name}`).join(',')}`;
      const flags = [...asUser, bounded, '--inh-caps=-all', '--no-new-privs', '--'];
      chains.push({
        name: `${with_mount ? 'mount namespace, ' : ''}${user === undefined ? 'fewer capabilities' : `user ${user.name}`}`,
        prefix: [...(with_mount ? [unshare ?? '', '--mount', '--', ...inside] : []), setpriv, ...flags],
        has_namespace: with_mount,
      });
    }
  }
  if (user !== undefined) {
    const prefix = [setpriv, ...asUser, '--no-new-privs', '--'];
    chains.push({ name: `user ${user.name}`, prefix, has_namespace: false });
  }
  return chains;
}

/** Where root's programs, without any capability, could have the kernel start a program outside of their namespace, or trace others. */
const KERNEL_SETTINGS = [
  '/proc/sys/kernel',
  '/proc/sys/fs/binfmt_misc',
  '/proc/sysrq-trigger',
  '/sys/kernel',
  '/sys/kernel/debug',
  '/sys/kernel/tracing',
];

/** Mounts them over themselves, without the right to write. In a container that already is so, and mounting may fail. */
function readOnly(mount: string): string {
  const each = `[ ! -e "$place" ] || ${mount} --rbind -o ro "$place" "$place" 2>/dev/null || :`;
  return `for place in ${KERNEL_SETTINGS.join(' ')}; do ${each}; done`;
}

function userFlags({ name, uid, gid, is_known }: TaskUser): string[] {
  return [
    '--reuid',
    is_known ? name : String(uid),
    '--regid',
    String(gid),
    is_known ? '--init-groups' : '--clear-groups',
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
