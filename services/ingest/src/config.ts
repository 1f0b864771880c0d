import { kafkaVariables, natsVariables, serviceVariables, withKafkaRules } from '@benchwire/shared/runtime/config.ts';
import { z } from 'zod';

export const ingestConfig = withKafkaRules(
  z.object({
    ...natsVariables,
    ...kafkaVariables,
    ...serviceVariables,
    /** Replicas with the same group share the partitions of the request topic. */
    KAFKA_GROUP: z.string().min(1).max(249).prefault('benchwire-ingest'),
  }),
);
