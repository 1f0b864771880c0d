import { pathToFileURL } from 'node:url';
import { BenchwireError, messageOf } from '@benchwire/shared/runtime/errors.ts';
import { BUILT_IN } from './placement/strategies/built-in.ts';
import { type AskPlugin, PluginStrategy } from './placement/strategies/plugin-strategy.ts';
import type { Strategy } from './placement/strategy.ts';

/** Makes a strategy for one leader, who keeps what it plans to itself. */
export type StrategyFactory = () => Strategy;

const MODULE = 'module:';
const REQUIRED = ['rank', 'misfit'] as const;
const OPTIONAL = ['prepare', 'expectedMs'] as const;

/**
 * The strategy of that name: a built-in one, that of a plug-in, or `module:` and a file or package whose default export is a function that
 * takes the weights and gives a strategy. It is made once at once, so that a wrong one ends the start and not a decision.
 * @throws BenchwireError that says what is wrong with it
 */
export async function loadStrategy(
  name: string,
  weights: Readonly<Record<string, number>>,
  plugins: ReadonlyMap<string, AskPlugin> = new Map(),
): Promise<StrategyFactory> {
  if (!name.startsWith(MODULE)) {
    const ask = plugins.get(name);
    if (ask !== undefined) return () => new PluginStrategy(name, ask);
    const create = BUILT_IN[name];
    if (create !== undefined) return tried(() => create(weights), name);
    const known = [...Object.keys(BUILT_IN), ...plugins.keys()].join(', ');
    throw wrong(
      `there is no strategy "${name}": use ${known}, that of a plug-in, or module: and a file or package of your own`,
    );
  }
  const specifier = name.slice(MODULE.length);
  const isFile = specifier.startsWith('.') || specifier.startsWith('/');
  let loaded: { default?: unknown };
  try {
    loaded = await import(isFile ? pathToFileURL(specifier).href : specifier);
  } catch (error) {
    throw wrong(`${specifier} cannot be loaded: ${messageOf(error)}`, error);
  }
  const create = loaded.default;
  if (typeof create !== 'function') {
    throw wrong(`the default export of ${specifier} is not a function: export default (weights) => strategy`);
  }
  return tried(() => checked(specifier, create(weights)), specifier);
}

/** Makes one at once: what is wrong with it is to end the start. */
function tried(make: StrategyFactory, name: string): StrategyFactory {
  try {
    make();
  } catch (error) {
    if (error instanceof BenchwireError) throw error;
    throw wrong(`${name} cannot be made: ${messageOf(error)}`, error);
  }
  return make;
}

function checked(specifier: string, made: unknown): Strategy {
  if (typeof made !== 'object' || made === null) throw wrong(`${specifier} gives no strategy but ${typeof made}`);
  const strategy = made as Record<string, unknown>;
  if (typeof strategy.name !== 'string' || strategy.name === '')
    throw wrong(`the strategy of ${specifier} has no name`);
  for (const method of REQUIRED) {
    if (typeof strategy[method] !== 'function') {
      throw wrong(
        `the strategy of ${specifier} has no method ${method}: see services/scheduler/src/placement/strategy.ts`,
      );
    }
  }
  for (const method of OPTIONAL) {
    if (strategy[method] !== undefined && typeof strategy[method] !== 'function') {
      throw wrong(`${method} of the strategy of ${specifier} is not a method`);
    }
  }
  return made as Strategy;
}

function wrong(message: string, cause?: unknown): BenchwireError {
  return new BenchwireError('STRATEGY', `SCHEDULER_STRATEGY: ${message}`, cause === undefined ? {} : { cause });
}
