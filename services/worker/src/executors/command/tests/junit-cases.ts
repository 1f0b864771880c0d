import {
  MAX_TEST_MESSAGE_CHARACTERS,
  MAX_TEST_NAME_CHARACTERS,
  type TestCase,
  type TestState,
} from '@benchwire/shared/contracts/test-results.ts';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** A report is no JUnit XML, for a person; never with what is in the file beyond the names of its elements. */
export class NotJunit extends Error {}

/** An element: its attributes by name, texts under `#text`, and its children, each name with all elements of it. */
interface Element {
  [name: string]: string | Element[] | undefined;
}

const ATTRIBUTE = '@';
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  parseAttributeValue: false,
  parseTagValue: false,
  removeNSPrefix: true,
  htmlEntities: true,
  // Without declarations of its own (see below) a file has only the standard ones, which nothing multiplies.
  processEntities: {
    enabled: true,
    maxTotalExpansions: Number.MAX_SAFE_INTEGER,
    maxExpandedLength: Number.MAX_SAFE_INTEGER,
  },
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
  alwaysCreateTextNode: true,
});

/**
 * The cases of a JUnit report, as the many tools write it: suites in suites, without times, with the state as an element or an
 * attribute. Pure.
 * @throws NotJunit
 */
export function junitCases(text: string): TestCase[] {
  if (text.trim() === '') throw new NotJunit('it is empty');
  const head = text.slice(0, Math.max(0, text.search(/<[A-Za-z_]/)));
  if (/<!ENTITY|<!DOCTYPE[^>]*\[/i.test(head)) throw new NotJunit('it declares entities, which no test report needs');
  const valid = XMLValidator.validate(text, { allowBooleanAttributes: true });
  if (valid !== true) throw new NotJunit(`it is not XML from line ${valid.err.line} on: is it cut off?`);
  const document = parser.parse(text) as Element;
  const root = Object.keys(document).find((name) => !name.startsWith('?') && name !== '#text') ?? '';
  if (root !== 'testsuites' && root !== 'testsuite') {
    throw new NotJunit(`its root is <${root.slice(0, 60)}>, and that of a JUnit report <testsuites> or <testsuite>`);
  }
  const cases: TestCase[] = [];
  for (const element of childrenOf(document, root))
    addSuite(element, root === 'testsuites' ? undefined : [], '', cases);
  return withUniqueNames(cases);
}

/** @param around - names of the suites around this one; undefined for the root that only holds suites */
function addSuite(suite: Element, around: readonly string[] | undefined, outer_file: string, cases: TestCase[]): void {
  const own = attribute(suite, 'name');
  const names = around === undefined ? [] : own === '' ? around : [...around, own];
  const file = attribute(suite, 'file') || attribute(suite, 'filepath') || outer_file;
  for (const element of childrenOf(suite, 'testcase')) cases.push(caseOf(element, names, file));
  for (const name of ['testsuite', 'testsuites']) {
    for (const element of childrenOf(suite, name)) addSuite(element, names, file, cases);
  }
  // A suite that could not be run at all has no cases.
  for (const [name, state] of [
    ['error', 'error'],
    ['failure', 'failed'],
  ] as const) {
    const [failure] = childrenOf(suite, name);
    if (failure === undefined) continue;
    const said = messageOf(failure);
    cases.push({ name: '(suite)', class: cut(names.join(' › ')), file: cut(file), state, seconds: null, ...said });
  }
}

function caseOf(element: Element, suites: readonly string[], suite_file: string): TestCase {
  const [state, child] = stateOf(element);
  return {
    name: cut(attribute(element, 'name')) || '(no name)',
    class: cut(attribute(element, 'classname') || attribute(element, 'class') || suites.join(' › ')),
    file: cut(attribute(element, 'file') || attribute(element, 'filepath') || suite_file),
    state,
    seconds: secondsOf(attribute(element, 'time') || attribute(element, 'duration')),
    ...(child === undefined ? {} : messageOf(child)),
  };
}

/** The state, and the element that says why. */
function stateOf(element: Element): [TestState, Element | undefined] {
  const first = (name: string): Element | undefined => childrenOf(element, name)[0];
  const [error, failure, skipped] = [
    first('error'),
    first('failure'),
    first('skipped') ?? first('ignored') ?? first('disabled'),
  ];
  if (error !== undefined) return ['error', error];
  if (failure !== undefined) return ['failed', failure];
  if (skipped !== undefined) return ['skipped', skipped];
  const said = `${attribute(element, 'status')} ${attribute(element, 'result')}`.toLowerCase();
  if (/\b(fail(ed|ure)?)\b/.test(said)) return ['failed', undefined];
  if (/\berror(ed)?\b/.test(said)) return ['error', undefined];
  if (/\b(skip(ped)?|notrun|disabled|suppressed|ignored|pending|todo)\b/.test(said)) return ['skipped', undefined];
  return ['passed', undefined];
}

function messageOf(element: Element): { message?: string } {
  const text = textOf(element);
  const message = attribute(element, 'message') || attribute(element, 'type');
  // Most tools repeat the message at the beginning of the text.
  const whole = text.trim() === '' ? message : message === '' || text.includes(message) ? text : `${message}\n${text}`;
  const told = plain(whole).trim();
  return told === '' ? {} : { message: told.slice(0, MAX_TEST_MESSAGE_CHARACTERS) };
}

/** `0.12`, `1,234.5` and, where commas are decimal, `0,12`; null for what is no time. */
function secondsOf(text: string): number | null {
  const plainNumber =
    /^\d+,\d+$/.test(text) && !/^\d{1,3},\d{3}$/.test(text) ? text.replace(',', '.') : text.replaceAll(',', '');
  const seconds = plainNumber.trim() === '' ? Number.NaN : Number(plainNumber.replace(/s$/, ''));
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

/** Two cases of one report with one name are two tests, run after run in the same order. */
export function withUniqueNames(cases: readonly TestCase[]): TestCase[] {
  const seen = new Map<string, number>();
  return cases.map((each) => {
    const key = `${each.class || each.file}\0${each.name}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? each : { ...each, name: `${each.name.slice(0, MAX_TEST_NAME_CHARACTERS - 12)} (${count})` };
  });
}

function childrenOf(element: Element, name: string): Element[] {
  const found = Object.hasOwn(element, name) ? element[name] : undefined;
  return Array.isArray(found) ? found : [];
}

function attribute(element: Element, name: string): string {
  const value = Object.hasOwn(element, ATTRIBUTE + name) ? element[ATTRIBUTE + name] : undefined;
  return typeof value === 'string' ? plain(value) : '';
}

function textOf(element: Element): string {
  const text = element['#text'];
  return typeof text === 'string' ? text : '';
}

/** Without colours and other controls of terminals. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MAX_TEST_NAME_CHARACTERS ? line : `${line.slice(0, MAX_TEST_NAME_CHARACTERS - 1)}…`;
}
