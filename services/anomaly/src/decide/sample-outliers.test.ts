import { createRandom } from '@benchwire/shared/stats/random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleOutliers } from './sample-outliers.ts';

describe('outliers inside runs', () => {
  const usual = (outliers: SampleOutliers, runs = 30): void => {
    for (let run = 0; run < runs; run++) expect(outliers.add('s', { severe: run % 4, samples: 1000 })).toBeUndefined();
  };

  it('that come in three runs in a row are told once, until a usual run comes', () => {
    const outliers = new SampleOutliers();
    usual(outliers);
    const many = { severe: 40, samples: 1000 };
    expect([1, 2].map(() => outliers.add('s', many))).toEqual([undefined, undefined]);
    expect(outliers.add('s', many)).toMatchObject({ share: 0.04, greatest_before: 0.003, runs_before: 30 });
    expect(outliers.add('s', many)).toBeUndefined();
    usual(outliers, 1);
    // What was told is history by now.
    expect([1, 2, 3].map(() => outliers.add('s', many))).toEqual([undefined, undefined, undefined]);
  });

  it('are no news in one run, in a short series, or where there are few', () => {
    const single = new SampleOutliers();
    usual(single);
    for (let turn = 0; turn < 5; turn++) {
      expect(single.add('s', { severe: 40, samples: 1000 })).toBeUndefined();
      usual(single, 1);
    }
    const short = new SampleOutliers();
    usual(short, 19);
    for (let run = 0; run < 3; run++) expect(short.add('s', { severe: 40, samples: 1000 })).toBeUndefined();
    const few = new SampleOutliers();
    usual(few);
    for (let run = 0; run < 3; run++) expect(few.add('s', { severe: 8, samples: 1000 })).toBeUndefined();
  });

  it('of series that only scatter, with bursts, are told in at most 2 of 100 series of 400 runs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const random = createRandom(seed);
        let told = 0;
        for (let series = 0; series < 100; series++) {
          const outliers = new SampleOutliers();
          let isTold = false;
          for (let run = 0; run < 400; run++) {
            // A heavy tail: now and then a run that something disturbed.
            const rate = 0.004 / Math.max(0.02, random());
            const severe = Math.min(500, Math.round(500 * rate * (0.5 + random())));
            if (outliers.add('s', { severe, samples: 500 }) !== undefined) isTold = true;
          }
          if (isTold) told++;
        }
        expect(told).toBeLessThanOrEqual(2);
      }),
      { numRuns: 5, seed: 1 },
    );
  });
});
