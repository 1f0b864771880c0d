/** Flags by which test programs are told where to write JUnit XML: pytest, ctest, GoogleTest, gotestsum, PHPUnit, Vitest, Node, Catch2, mocha. */
const FLAGS: readonly RegExp[] = [
  /^--junit-?xml$/,
  /^--output-junit$/,
  /^--junitfile$/,
  /^--log-junit$/,
  /^--junit-(path|output|file)$/,
  /^--(junit|xunit)-report$/,
  /^--outputFile(\.junit)?$/,
  /^--test-reporter-destination$/,
  /^--reporter-options?$/,
];
/** Flags that take any kind of file; only together with a word that says JUnit. */
const ONLY_WITH_JUNIT = /^(--outputFile|--test-reporter-destination|--reporter-options?|--out|-o)$/;

/**
 * Where a command says that it writes JUnit XML; also inside of a shell's one argument (`sh -c "pytest --junitxml=a.xml"`). Pure.
 */
export function reportPathsOf(command: readonly string[]): string[] {
  const words = command.flatMap((argument) => (/\s-/.test(argument) ? argument.split(/\s+/) : [argument]));
  const says_junit = words.some((word) => /junit/i.test(word));
  const found = words.flatMap((word, at): string[] => {
    const [, name = word, value] = /^(-[^=]*)=(.*)$/s.exec(word) ?? [];
    const path = unquoted(value ?? words[at + 1] ?? '');
    if (name === '--gtest_output') return path.startsWith('xml:') ? [gtestPath(path.slice(4))] : [];
    if (ONLY_WITH_JUNIT.test(name)) return says_junit ? ofOptions(path) : [];
    return FLAGS.some((flag) => flag.test(name)) ? [path] : [];
  });
  return [...new Set(found)].filter((path) => path !== '' && !path.startsWith('-') && path !== 'stdout');
}

/** GoogleTest writes a file of its own into a folder. */
function gtestPath(path: string): string {
  return path === '' || path.endsWith('/') ? `${path}*.xml` : path;
}

/** `mochaFile=./a.xml,toConsole=true`, or a path. */
function ofOptions(text: string): string[] {
  if (!text.includes('=')) return /\.xml$/i.test(text) ? [text] : [];
  return text.split(',').flatMap((part) => /^(mochaFile|output|outputFile)=(.+)$/.exec(part)?.[2] ?? []);
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}
