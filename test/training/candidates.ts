import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DEFAULT_SETTINGS } from '@benchwire/shared/detect/settings.ts';
import { createRandom } from '@benchwire/shared/stats/random.ts';
import { UNLABELLED_FILE } from '../bench/detection/labelled.ts';
import { MARGIN } from '../bench/detection/score.ts';
import { realNoise, valuesOf } from '../bench/detection/series-noise.ts';
import { candidatesOf, FEATURES } from './candidate-features.ts';
import { makeSeries } from './series.ts';

/**
 * Writes the table that train.py learns from: a line for each boundary that the service would propose on made series,
 * with the features that the service would see, and whether a true change lies within 5 values.
 */
const { values: given } = parseArgs({
  options: {
    out: { type: 'string' },
    series: { type: 'string', default: '4000' },
    seed: { type: 'string', default: '18' },
  },
});
if (given.out === undefined) throw new Error('say where the table goes: --out FILE.csv');
const noise = valuesOf(realNoise(UNLABELLED_FILE, () => true));
const random = createRandom(Number(given.seed));
const lines = [['series', 'is_change', ...FEATURES].join(',')];
for (let s = 0; s < Number(given.series); s++) {
  const { values, changes } = makeSeries(noise, random);
  const { proposal, features } = candidatesOf(values, DEFAULT_SETTINGS);
  for (const [i, at] of proposal.changes.entries()) {
    const isChange = changes.some((change) => Math.abs(change - at) <= MARGIN);
    lines.push([s, isChange ? 1 : 0, ...(features[i] as Float32Array)].join(','));
  }
}
writeFileSync(given.out, `${lines.join('\n')}\n`);
process.stdout.write(`${lines.length - 1} candidates of ${given.series} series: ${given.out}\n`);
