import { METRIC_CATALOGUE_BUCKET, METRIC_CATALOGUE_KEY, metricRules } from '../contracts/metric-catalogue.ts';
import { RulesBucket } from './rules-bucket.ts';

/** What the operators say about metrics. */
export const metricCatalogue = new RulesBucket(METRIC_CATALOGUE_BUCKET, METRIC_CATALOGUE_KEY, metricRules);
