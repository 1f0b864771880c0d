/**
 * Variables that a `command` task may set unless the operator says otherwise (WORKER_COMMAND_ENV_ALLOW): names that no
 * loader and no interpreter reads as code, a file or a program to start. `*` at the end stands for any rest.
 */
export const DEFAULT_COMMAND_ENV_ALLOW: readonly string[] = [
  // Free for what a request wants to tell its program.
  'BENCH_*',
  'PARAM_*',
  'TASK_*',
  // What requests usually say.
  'BATCH',
  'BATCH_SIZE',
  'BATCH_SIZES',
  'BRANCH',
  'BUILD',
  'BUILD_ID',
  'BUILD_NUMBER',
  'CASE',
  'COMMIT',
  'CONCURRENCY',
  'DATASET',
  'DEBUG',
  'DEVICE',
  'DTYPE',
  'EPOCHS',
  'ITERATIONS',
  'LEVEL',
  'LOG_LEVEL',
  'MAX_TOKENS',
  'MODE',
  'MODEL',
  'MODEL_ID',
  'MODEL_NAME',
  'NUM_THREADS',
  'PRECISION',
  'QUANTIZATION',
  'REPEAT',
  'REVISION',
  'SCENARIO',
  'SEED',
  'SEQUENCE_LENGTH',
  'SIZE',
  'STEPS',
  'TAG',
  'THREADS',
  'VARIANT',
  'VERSION',
  'WARMUP',
  'WORKERS',
  // Numbers and switches of numeric libraries.
  'CUDA_DEVICE_MAX_CONNECTIONS',
  'CUDA_LAUNCH_BLOCKING',
  'CUBLAS_WORKSPACE_CONFIG',
  'HF_HUB_OFFLINE',
  'KMP_AFFINITY',
  'KMP_BLOCKTIME',
  'MALLOC_ARENA_MAX',
  'MKL_DYNAMIC',
  'MKL_NUM_THREADS',
  'NUMEXPR_MAX_THREADS',
  'NUMEXPR_NUM_THREADS',
  'OMP_DYNAMIC',
  'OMP_NUM_THREADS',
  'OMP_PLACES',
  'OMP_PROC_BIND',
  'OMP_SCHEDULE',
  'OMP_THREAD_LIMIT',
  'OMP_WAIT_POLICY',
  'OPENBLAS_NUM_THREADS',
  'PYTHONDONTWRITEBYTECODE',
  'PYTHONHASHSEED',
  'PYTHONUNBUFFERED',
  'RAYON_NUM_THREADS',
  'TF_CPP_MIN_LOG_LEVEL',
  'TF_ENABLE_ONEDNN_OPTS',
  'TF_NUM_INTEROP_THREADS',
  'TF_NUM_INTRAOP_THREADS',
  'TOKENIZERS_PARALLELISM',
  'TRANSFORMERS_OFFLINE',
  'VECLIB_MAXIMUM_THREADS',
];

/** The worker sets them itself for every program; no list lets a task set them. */
const NEVER =
  /^(PATH|HOME|TMPDIR|TMP|TEMP|LD_.*|DYLD_.*|BENCHWIRE_.*|CUDA_VISIBLE_DEVICES|CUDA_DEVICE_ORDER|HIP_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES)$/;

/**
 * Names that are known to make a program run other code than its own, or read other files; an operator has to write them
 * out, a pattern such as `PYTHON*` does not reach them. Of the loaders and of common interpreters and libraries; the list
 * can't be whole, which is why what is not allowed is refused.
 */
const CODE =
  /^(GCONV_PATH|LOCPATH|GLIBC_TUNABLES|MALLOC_TRACE|NLSPATH|RESOLV_HOST_CONF|RES_OPTIONS|BASH_ENV|BASH_FUNC.*|ENV|SHELLOPTS|BASHOPTS|PS4|IFS|CDPATH|PROMPT_COMMAND|ZDOTDIR|NODE_.*|NPM_.*|PYTHON.*|PERL.*|RUBY.*|BUNDLE_.*|GEM_.*|LUA_.*|PHP.*|R_.*|JULIA_.*|JAVA_.*|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|MAVEN_.*|DOTNET_.*|CORECLR_.*|COMPlus_.*|GIT_.*|SSH_.*|EDITOR|VISUAL|PAGER|BROWSER|MANPAGER|LESSOPEN|LESSCLOSE|SHELL|OPENSSL_.*|SSL_CERT_.*|.*_CA_BUNDLE|CURL_HOME|XDG_.*|CUDA_INJECTION.*|NVTX_INJECTION.*|CUDA_.*_PATH|CUDA_PATH|OMP_TOOL.*|KMP_.*LIB.*|VK_.*|OCL_.*|OPENCL_.*|HSA_TOOLS_LIB|ROCP_.*|ORT_.*PATH|TORCH_.*|TRITON_.*|GTK_.*|QT_.*|GIO_.*|TERMINFO.*|TERMCAP)$/;

/** One entry of an allowlist: a name, the beginning of names and `*`, or the word `default`. */
export const ENV_ALLOW_ENTRY = /^([A-Za-z_][A-Za-z0-9_]*\*?|\*)$/;

/** Whether a name is one that the worker keeps to itself, so that an allowlist that has it is a mistake. */
export function isNeverAllowed(name: string): boolean {
  return NEVER.test(name);
}

/** An allowlist with the word `default` replaced by what it stands for. */
export function envAllowOf(entries: readonly string[]): string[] {
  return [
    ...new Set(entries.flatMap((entry) => (entry === 'default' ? DEFAULT_COMMAND_ENV_ALLOW : [entry]))),
  ].toSorted();
}

/**
 * The names out of `names` that an allowlist does not let a task set. The scheduler asks it of an offer and the worker of its
 * own configuration, so that both say the same. Pure.
 * @param any_program - with any program allowed a task could set them through `env NAME=VALUE PROGRAM` anyway
 */
export function refusedVariables(names: readonly string[], allow: readonly string[], any_program: boolean): string[] {
  return names.filter((name) => {
    if (any_program) return /^(HOME|TMPDIR|BENCHWIRE_.*)$/.test(name);
    if (NEVER.test(name)) return true;
    if (allow.includes(name)) return false;
    return CODE.test(name) || !allow.some((entry) => entry.endsWith('*') && name.startsWith(entry.slice(0, -1)));
  });
}

/** What to do about refused names, for a person. Pure. */
export function refusedVariablesMessage(refused: readonly string[]): string {
  const [never, allowable] = [refused.filter((name) => NEVER.test(name)), refused.filter((name) => !NEVER.test(name))];
  const parts = [
    allowable.length === 0
      ? ''
      : `its operator can allow ${allowable.length === 1 ? 'it' : 'them'} with WORKER_COMMAND_ENV_ALLOW=default,${allowable.join(',')}`,
    never.length === 0
      ? ''
      : `${never.join(', ')} can never be set by a task; its operator can set most of them for every program with WORKER_COMMAND_ENV`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}
