import { ImageBuilder } from './support/dockerfile.ts';

const t0 = performance.now();
const b = new ImageBuilder('deploy/docker/Dockerfile', process.cwd(), '/tmp/img/built');
for (const t of ['ingest', 'scheduler', 'aggregator', 'anomaly', 'worker', 'bw']) {
  const i = await b.build(t);
  console.log(t, i.entrypoint, i.user, Math.round(performance.now() - t0));
}
