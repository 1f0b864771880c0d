import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/** One of the values that a filter may have; undefined for anything else that stands in an address. */
export function oneOf<T extends string>(values: readonly T[], text: string): T | undefined {
  return values.find((value) => value === text);
}

/**
 * Filters that live in the page's address, so that a link shows the same thing. What equals its default is left out.
 * Changing one replaces the history's entry.
 */
export function useUrlState<T extends Record<string, string>>(defaults: T): [T, (change: Partial<T>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const state = Object.fromEntries(
    Object.entries(defaults).map(([name, fallback]) => [name, parameters.get(name) ?? fallback]),
  ) as T;
  const change = useCallback(
    (wanted: Partial<T>) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(wanted)) {
            if (value === undefined || value === defaults[name]) after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        { replace: true },
      ),
    [setParameters, defaults],
  );
  return [state, change];
}
