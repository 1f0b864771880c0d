import { describe, expect, it } from 'vitest';
import { junitCases, NotJunit } from './junit-cases.ts';

const short = (text: string): string[] =>
  junitCases(text).map(({ class: of_class, name, state, seconds }) => `${of_class} › ${name}: ${state} ${seconds}`);
const wrap = (cases: string): string => `<?xml version="1.0"?><testsuite name="s">${cases}</testsuite>`;

describe('a JUnit report', () => {
  it('of pytest: properties, a captured output, a message that the text repeats', () => {
    const text = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.154" hostname="h"><properties><property name="a" value="b"/></properties>
<testcase classname="tests.test_a.TestMath" name="test_add[1-2]" time="0.001"/>
<testcase classname="tests.test_a" name="test_bad" time="0.002"><failure message="assert 1 == 2">def test_bad():
&gt;       assert 1 == 2
E       assert 1 == 2</failure><system-out>noise</system-out></testcase>
<testcase classname="tests.test_a" name="test_skip" time="0.0"><skipped type="pytest.skip" message="not here">x.py:3: not here</skipped></testcase>
<testcase classname="tests.test_a" name="test_setup" time="0.01"><error message="failed on setup with &quot;KeyError&quot;">boom</error></testcase>
</testsuite></testsuites>`;
    const cases = junitCases(text);
    expect(cases.map(({ state }) => state)).toEqual(['passed', 'failed', 'skipped', 'error']);
    expect(cases[1]).toEqual({
      ...{ name: 'test_bad', class: 'tests.test_a', file: '', state: 'failed', seconds: 0.002 },
      message: 'def test_bad():\n>       assert 1 == 2\nE       assert 1 == 2',
    });
    expect(cases[3]?.message).toBe('failed on setup with "KeyError"\nboom');
  });

  it('of suites in suites, by tools that write no class: the names of the suites are one; a file is that of the suite', () => {
    const text = `<testsuites><testsuite name="outer" file="a.test.ts"><testsuite name="inner"><testcase name="works" time="1,234.5"/>
      <testsuite><testcase name="deep" file="b.ts" time="0,25"/></testsuite></testsuite><testcase name="own"/></testsuite></testsuites>`;
    expect(short(text)).toEqual([
      'outer › own: passed null',
      'outer › inner › works: passed 1234.5',
      'outer › inner › deep: passed 0.25',
    ]);
    expect(junitCases(text).map(({ file }) => file)).toEqual(['a.test.ts', 'a.test.ts', 'b.ts']);
  });

  it('that says the state in an attribute, as GoogleTest, CTest and Catch2 do', () => {
    const text = wrap(
      `<testcase name="a" status="run" result="completed" time="0"/><testcase name="b" status="notrun" result="suppressed"/>
       <testcase name="c" status="fail" time=""/><testcase name="d" status="disabled"/><testcase name="e" status="run"><failure/></testcase><testcase name="f" time="-1"/><testcase name="g" time="NaN"/>`,
    );
    expect(short(text)).toEqual([
      ...['s › a: passed 0', 's › b: skipped null', 's › c: failed null', 's › d: skipped null'],
      ...['s › e: failed null', 's › f: passed null', 's › g: passed null'],
    ]);
  });

  it('with several failures, colours, CDATA, a namespace, entities and letters of every kind', () => {
    const text = `<?xml version="1.0"?><!-- made by x --><j:testsuite xmlns:j="u" name="ünï"><j:testcase name="a &lt;b&gt; &#39;c&#39; 日本" classname=""><j:failure type="T"><![CDATA[\u001b[31mred\u001b[0m <!ENTITY x> & ]]></j:failure><j:failure message="second"/></j:testcase><j:testcase/></j:testsuite>`;
    const [first, second] = junitCases(text);
    expect(first).toMatchObject({
      name: "a <b> 'c' 日本",
      class: 'ünï',
      state: 'failed',
      message: 'red <!ENTITY x> &',
    });
    expect(second?.name).toBe('(no name)');
  });

  it('of a suite that could not be run has a case for it; two cases of one name are two', () => {
    const text = `<testsuites><testsuite name="broken.test.js"><error message="Cannot find module"/></testsuite><testsuite name="s"><testcase name="a"/><testcase name="a"><failure/></testcase></testsuite><testsuite name="empty" tests="0"/></testsuites>`;
    expect(short(text)).toEqual([
      'broken.test.js › (suite): error null',
      's › a: passed null',
      's › a (2): failed null',
    ]);
  });

  it('with names and messages of any length is cut', () => {
    const [only] = junitCases(
      wrap(
        `<testcase name="${'n'.repeat(9000)}" classname="__proto__"><failure message="${'m'.repeat(90_000)}"/></testcase>`,
      ),
    );
    expect([only?.name.length, only?.class, only?.message?.length]).toEqual([500, '__proto__', 2000]);
  });

  it.each([
    ['', /empty/],
    ['  \n', /empty/],
    ['{"tests": 3}', /not XML|root/],
    ['<html><body>404</body></html>', /root is <html>/],
    ['<TestRun id="1"><Results/></TestRun>', /root is <TestRun>/],
    ['<testsuite name="a"><testcase name="b">', /cut off/],
    ['<testsuite><testcase name="b"></testsuite>', /line 1/],
    [
      '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>',
      /entities/,
    ],
    ['<!DOCTYPE x SYSTEM "file:///etc/passwd" [ ]><testsuite/>', /entities/],
  ])('is not %j', (text, why) => {
    expect(() => junitCases(text)).toThrow(NotJunit);
    expect(() => junitCases(text)).toThrow(why);
  });
});
