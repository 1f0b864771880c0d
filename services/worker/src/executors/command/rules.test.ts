import {
  DEFAULT_COMMAND_ENV_ALLOW,
  envAllowOf,
  refusedVariables,
} from '@benchwire/shared/contracts/command-environment.ts';
import { loadConfig } from '@benchwire/shared/runtime/config.ts';
import { describe, expect, it } from 'vitest';
import { workerConfig } from '../../config.ts';
import { findProgram, offeredCommands, resolveAllowlist } from './allowlist.ts';
import { commandEnvironment } from './environment.ts';
import { exitError } from './exit-error.ts';
import { MetricSummary } from './metric-summary.ts';

describe('the allowlist', () => {
  const path = '/nonexistent:relative:/usr/bin:/bin';

  it('stands for the files that its names meant at the start', async () => {
    const allowlist = await resolveAllowlist(['sh', 'no-such-program', '/bin/../bin/sh'], path);
    expect(allowlist.any).toBe(false);
    expect(allowlist.missing).toEqual(['no-such-program']);
    expect(allowlist.programs.get('sh')).toMatch(/^\/(usr\/)?bin\/sh$/);
    expect(offeredCommands(allowlist)).toEqual(expect.arrayContaining(['sh', allowlist.programs.get('sh')]));
    expect(allowlist.programs.has('./sh')).toBe(false);
  });

  it('offers nothing when it is empty, and only the star with one', async () => {
    expect(offeredCommands(await resolveAllowlist([], path))).toEqual([]);
    expect(offeredCommands(await resolveAllowlist(['sh', '*'], path))).toEqual(['*']);
  });

  it('finds no relative paths, no folders and nothing that may not be executed', async () => {
    for (const program of ['./sh', 'bin/sh', '/bin', '/etc/passwd', ''])
      expect(await findProgram(program, path)).toBeUndefined();
  });
});

describe('the environment of a program', () => {
  const device = {
    device_id: 'cuda-1',
    class: 'cuda' as const,
    name: 'GPU',
    fingerprint: 'f',
    pool: 'p',
    memory_gb: 1,
    cuda_compute: 8,
    slots: 1,
    executors: [],
    commands: [],
    labels: {},
    environment: { gpu_index: 1 },
  };
  const parts = {
    device,
    home: '/tmp/x',
    path: '/usr/bin',
    lang: undefined,
    own: {},
    operator: { LD_LIBRARY_PATH: '/opt/cuda' },
    task: { SEED: '1' },
    env_allow: envAllowOf(['default', 'MY_*', 'PYTHON*', 'PERL5LIB']),
    allow_any: false,
    attempt_id: 'a',
    checkpoint: '/tmp/home/checkpoint',
  };

  it('is made from nothing, and shows the program its own GPU', () => {
    expect(commandEnvironment(parts)).toEqual({
      ok: true,
      env: {
        PATH: '/usr/bin',
        HOME: '/tmp/x',
        TMPDIR: '/tmp/x',
        LANG: 'C.UTF-8',
        LD_LIBRARY_PATH: '/opt/cuda',
        SEED: '1',
        CUDA_VISIBLE_DEVICES: '1',
        CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
        BENCHWIRE_DEVICE_CLASS: 'cuda',
        BENCHWIRE_ATTEMPT: 'a',
        BENCHWIRE_CHECKPOINT: '/tmp/home/checkpoint',
      },
    });
  });

  it.each([
    ['LD_PRELOAD', false, false],
    ['PATH', false, false],
    ['NODE_OPTIONS', false, false],
    ['LD_PRELOAD', true, true],
    ['CUDA_VISIBLE_DEVICES', true, false],
    ['BENCHWIRE_OWNER', true, false],
    ['HOME', true, false],
    ['TMPDIR', true, false],
    ['OMP_NUM_THREADS', false, true],
    ['MY_KEY', false, true],
    ['YOURS', false, false],
    ['PERL5LIB', false, true],
    ['PERL5OPT', false, false],
    ['PYTHONPATH', false, false],
    ['PYTHONHASHSEED', false, true],
  ])('%s from the task, with any program allowed: %s', (name, allow_any, ok) => {
    const made = commandEnvironment({ ...parts, allow_any, task: { [name]: 'x' } });
    expect(made.ok).toBe(ok);
    if (!made.ok) expect(made.error.message).toContain(name);
  });

  // Names that made an allowed script run other code, or are known to; none of them is on the list that holds by itself.
  it.each(
    `HOME TMPDIR PATH LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES GCONV_PATH GLIBC_TUNABLES PERLLIB PERL5LIB PERL5OPT
    PYTHONWARNINGS PYTHONBREAKPOINT PYTHONPLATLIBDIR PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE PYTHONPYCACHEPREFIX BROWSER
    LUA_INIT LUA_INIT_5_4 OPENSSL_CONF OPENSSL_MODULES CLASSPATH CUDA_INJECTION64_PATH OMP_TOOL_LIBRARIES DOTNET_STARTUP_HOOKS
    R_PROFILE_USER GIT_EXTERNAL_DIFF GIT_SSH_COMMAND PHP_INI_SCAN_DIR NODE_EXTRA_CA_CERTS NODE_OPTIONS VISUAL EDITOR PAGER BASH_ENV ENV
    SHELLOPTS PS4 IFS PROMPT_COMMAND JAVA_TOOL_OPTIONS RUBYOPT RUBYLIB JULIA_LOAD_PATH TERMINFO LESSOPEN ZDOTDIR XDG_CONFIG_HOME
    VK_ICD_FILENAMES OCL_ICD_VENDORS HSA_TOOLS_LIB SSL_CERT_FILE REQUESTS_CA_BUNDLE http_proxy HTTPS_PROXY BENCHWIRE_ATTEMPT`
      .trim()
      .split(/\s+/),
  )('%s is not allowed by default, and by no pattern', (name) => {
    for (const allow of [['default'], ['*'], ['default', '*'], [`${name.slice(0, 3)}*`]]) {
      if (/proxy/i.test(name) && allow.some((entry) => entry.endsWith('*'))) continue;
      expect(refusedVariables([name], envAllowOf(allow), false)).toEqual([name]);
    }
  });

  it('takes what requests usually say', () => {
    const names = ['BATCH', 'BUILD_ID', 'MODEL', 'SEED', 'OMP_NUM_THREADS', 'BENCH_ANYTHING', 'PARAM_X', 'TASK_NAME'];
    expect(refusedVariables(names, envAllowOf(['default']), false)).toEqual([]);
    expect(refusedVariables(DEFAULT_COMMAND_ENV_ALLOW, envAllowOf(['default']), false)).toEqual([]);
  });

  it('has a configuration that says what it takes', () => {
    const allow = (text: string) =>
      loadConfig(workerConfig, { WORKER_COMMAND_ENV_ALLOW: text }).WORKER_COMMAND_ENV_ALLOW;
    expect(allow(' default, MY_*')).toEqual(['default', 'MY_*']);
    expect(() => allow('HOME')).toThrow(/WORKER_COMMAND_ENV_ALLOW.*HOME/);
    expect(() => allow('a-b')).toThrow(/WORKER_COMMAND_ENV_ALLOW/);
    expect(() => allow('*_PATH')).toThrow(/WORKER_COMMAND_ENV_ALLOW/);
  });
});

describe('an exit', () => {
  const exit = { code: null, signal: null, kernel_out_of_memory: false, program: 'p', last_line: 'oh' };
  it.each([
    [{ code: 0 }, null],
    [{ code: 1 }, 'crash EXIT_CODE true'],
    [{ code: 126 }, 'bad_input COMMAND_NOT_EXECUTABLE false'],
    [{ code: 127 }, 'bad_input COMMAND_NOT_FOUND false'],
    [{ code: 137 }, 'crash KILLED_BY_SIGKILL true'],
    [{ code: 137, kernel_out_of_memory: true }, 'out_of_memory KERNEL_OUT_OF_MEMORY true'],
    [{ signal: 'SIGKILL' as const, kernel_out_of_memory: true }, 'out_of_memory KERNEL_OUT_OF_MEMORY true'],
    [{ signal: 'SIGSEGV' as const, kernel_out_of_memory: true }, 'crash KILLED_BY_SIGSEGV true'],
    [{ code: 139 }, 'crash KILLED_BY_SIGSEGV true'],
    [{ code: 255 }, 'crash EXIT_CODE true'],
  ])('%j', (what, expected) => {
    const error = exitError({ ...exit, ...what });
    expect(error === null ? null : `${error.class} ${error.code} ${error.retriable}`).toBe(expected);
    if (error !== null) expect(error.message).toContain('oh');
  });
});

describe('the summary of metrics', () => {
  it('has the median with its interval, and notes what it leaves out', () => {
    const summary = new MetricSummary();
    expect(summary.results()).toBeUndefined();
    for (let i = 1; i <= 99; i++) summary.add({ metric: 'm', unit: i === 1 ? null : 'ms', value: i });
    const result = summary.results()?.m;
    expect(result).toMatchObject({ value: 50, unit: 'ms', min: 1, max: 99, samples: 99 });
    expect(result?.ci_low).toBeLessThan(50);
    expect(result?.ci_high).toBeGreaterThan(50);
    for (let i = 0; i < 1005; i++) summary.add({ metric: `name ${i}`, unit: null, value: 1 });
    summary.add({ metric: 'n', unit: 's', value: 1 });
    expect(summary.notes().join()).toMatch(/7 points were ignored/);
    expect(summary.valueNotes()).toMatchObject([
      { code: 'mixed_units', metric: 'm', text: expect.stringContaining('with and without a unit') },
    ]);
  });

  it('converts points into the unit of the first one, and keeps those apart that do not convert', () => {
    const summary = new MetricSummary();
    for (const [value, unit] of [
      [12.3, 'ms'],
      [0.0125, 's'],
      [12_400_000, 'nanoseconds'],
      [700, 'MB'],
    ] as const)
      summary.add({ metric: 'step', unit, value });
    expect(summary.results()).toMatchObject({
      step: { value: 12.4, unit: 'ms', min: 12.3, max: 12.5, samples: 3 },
      'step [MB]': { value: 700, unit: 'MB', metric: 'step' },
    });
    expect(summary.valueNotes()).toMatchObject([{ code: 'mixed_units', metric: 'step' }]);
  });

  it('takes unit and direction from the task, where the line says nothing', () => {
    const summary = new MetricSummary({ zeit: { better: 'lower', unit: 's' }, other: { better: 'higher' } });
    summary.add({ metric: 'zeit', unit: null, value: 2 });
    summary.add({ metric: 'zeit', unit: 'ms', value: 3000, better: 'neither' });
    expect(summary.results()).toMatchObject({ zeit: { unit: 's', value: 2.5, better: 'neither' } });
    expect(summary.notes().join()).toContain('the task says something about other, which was not reported');
  });

  it('can be called like a property of every object', () => {
    const summary = new MetricSummary();
    for (const name of ['__proto__', 'constructor', 'toString']) summary.add({ metric: name, unit: null, value: 1 });
    expect(Object.keys(summary.results() ?? {})).toEqual(['__proto__', 'constructor', 'toString']);
  });
});
