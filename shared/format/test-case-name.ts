import type { TestCase } from '../contracts/test-results.ts';

/** A case for people: its class or file, and its name. */
export function testCaseInWords({ class: of_class, file, name }: Pick<TestCase, 'class' | 'file' | 'name'>): string {
  const place = of_class || file;
  // Some tools repeat the class in the name.
  const is_in_name = name.startsWith(place) && /^($|[\s.:/#›>-])/.test(name.slice(place.length));
  return place === '' || is_in_name ? name : `${place} › ${name}`;
}
