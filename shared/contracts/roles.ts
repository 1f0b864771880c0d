import { ANALYSE_SUBJECT } from './anomaly.ts';
import { ARTIFACTS_STREAM, artifactChunksSubject, artifactMetaSubject } from './artifact.ts';
import { CHECKPOINTS_BUCKET } from './checkpoint.ts';
import { EVENTS_SUBJECTS, WORKER_EVENT_ENTITIES } from './event.ts';
import { FINDINGS_SUBJECTS, SETTLED_SUBJECT } from './finding.ts';
import { poolQueueName } from './job.ts';
import { JOIN_SUBJECT } from './join.ts';
import { METRIC_CATALOGUE_BUCKET } from './metric-catalogue.ts';
import { METRICS_SUBJECTS } from './metrics.ts';
import { OUTCOMES_SUBJECTS } from './outcome.ts';
import { QUARANTINE_BUCKET } from './quarantine.ts';
import { QUERY_SUBJECTS, querySubject } from './query.ts';
import { REJECTED_SUBJECTS } from './rejected.ts';
import { AGGREGATES_SUBJECTS } from './series-aggregate.ts';
import { instancePingSubject, SERVICE_PING_SUBJECT } from './service.ts';
import { SCHEDULER_STATUS_SUBJECT } from './status.ts';
import { EVENTS, FINDINGS, METRICS, OUTCOMES, type StreamDefinition } from './streams.ts';
import { VERDICT_SUBJECT } from './verdict.ts';
import { HEARTBEAT_SUBJECTS, WORKERS_BUCKET, workerCommandSubject, workerPingSubject } from './worker.ts';

/** Who may do what on NATS and Redis. Services, `bw` of the stack's owner and everyone who may submit have all permissions. */
export const RESTRICTED_ROLES = ['worker', 'viewer'] as const;
export type RestrictedRole = (typeof RESTRICTED_ROLES)[number];

/** As NATS' configuration has it. */
export interface NatsPermissions {
  publish: { allow: string[]; deny?: string[] };
  subscribe: { allow: string[] };
  /** Whether it may answer a message that it was sent, wherever the answer goes. */
  allow_responses?: { max: number; expires: string };
}

/**
 * Where a role receives answers. The usual `_INBOX` would show it everybody's; the worker's lies inside of that, so that it
 * suits NATS users of an operator's own that allow `_INBOX.>`, too.
 */
export const INBOX_PREFIX: Record<RestrictedRole, string> = { worker: '_INBOX.worker', viewer: '_INBOX_viewer' };

/** Reading single keys, and nothing that lists, creates or changes. */
const reads = (bucket: string): string[] => [
  `$JS.API.STREAM.INFO.KV_${bucket}`,
  `$JS.API.STREAM.MSG.GET.KV_${bucket}`,
  `$JS.API.DIRECT.GET.KV_${bucket}.$KV.${bucket}.>`,
];

/**
 * A worker. Never both writing to a stream and creating consumers of it: a consumer can have the server send what is in
 * its stream to any subject.
 */
function worker(): NatsPermissions {
  const quarantine = `KV_${QUARANTINE_BUCKET}`;
  return {
    publish: {
      allow: [
        JOIN_SUBJECT,
        workerPingSubject('*'),
        HEARTBEAT_SUBJECTS,
        OUTCOMES_SUBJECTS,
        METRICS_SUBJECTS,
        ...WORKER_EVENT_ENTITIES.map((entity) => `bw.event.${entity}.*`),
        REJECTED_SUBJECTS,
        querySubject('fresh'),
        '$JS.API.INFO',
        ...[WORKERS_BUCKET, CHECKPOINTS_BUCKET, QUARANTINE_BUCKET, METRIC_CATALOGUE_BUCKET].flatMap(reads),
        // Files of requests: message by message, without a consumer, which could send them anywhere.
        `$JS.API.STREAM.MSG.GET.${ARTIFACTS_STREAM}`,
        // Models that its tasks make. Every process that reads a file checks its hash, so a wrong one is refused and not believed.
        artifactChunksSubject('*'),
        artifactMetaSubject('*').replace(/[^.]+$/, '*'),
        `$KV.${WORKERS_BUCKET}.*`,
        `$KV.${CHECKPOINTS_BUCKET}.>`,
        // To watch its own entry. Consumers of others have names that can't be guessed, and can't be listed.
        `$JS.API.CONSUMER.CREATE.${quarantine}.*.$KV.${QUARANTINE_BUCKET}.*`,
        `$JS.API.CONSUMER.MSG.NEXT.${quarantine}.*`,
        // Older workers have it pushed.
        `$JS.FC.${quarantine}.>`,
      ],
    },
    subscribe: {
      allow: [
        workerCommandSubject('*'),
        workerPingSubject('*'),
        HEARTBEAT_SUBJECTS,
        SERVICE_PING_SUBJECT,
        instancePingSubject('*'),
        SCHEDULER_STATUS_SUBJECT,
        `${INBOX_PREFIX.worker}.>`,
      ],
    },
    allow_responses: { max: 1, expires: '1m' },
  };
}

const VIEWED: readonly StreamDefinition[] = [OUTCOMES, METRICS, EVENTS, FINDINGS];

/** The services' durable consumers of these: who takes from them takes away, and who creates them again changes them. */
export const VIEWED_DURABLES = [
  'aggregator',
  'aggregator-kafka',
  'anomaly',
  'anomaly-ended-runs',
  'anomaly-deleted-runs',
  'anomaly-accepted',
  'anomaly-gates',
  'anomaly-settings',
  'anomaly-changed-findings',
  'anomaly-repeats',
] as const;

/** Somebody who may only look (docs/streams.md). */
function viewer(): NatsPermissions {
  return {
    subscribe: {
      allow: [
        ...[OUTCOMES_SUBJECTS, METRICS_SUBJECTS, EVENTS_SUBJECTS, FINDINGS_SUBJECTS, AGGREGATES_SUBJECTS].map(anyBelow),
        `${INBOX_PREFIX.viewer}.>`,
      ],
    },
    publish: {
      allow: [
        '$JS.API.INFO',
        '$JS.API.STREAM.NAMES',
        '$JS.FC.>',
        ...VIEWED.flatMap(({ name }) => [
          `$JS.API.STREAM.INFO.${name}`,
          `$JS.API.STREAM.MSG.GET.${name}`,
          `$JS.API.CONSUMER.CREATE.${name}`,
          `$JS.API.CONSUMER.CREATE.${name}.>`,
          `$JS.API.CONSUMER.INFO.${name}.*`,
          `$JS.API.CONSUMER.MSG.NEXT.${name}.*`,
        ]),
        QUERY_SUBJECTS,
        SETTLED_SUBJECT,
        ANALYSE_SUBJECT,
        VERDICT_SUBJECT,
      ],
      deny: VIEWED_DURABLES.flatMap((durable) => [
        `$JS.API.CONSUMER.MSG.NEXT.*.${durable}`,
        `$JS.API.CONSUMER.CREATE.*.${durable}.>`,
        `$JS.API.CONSUMER.CREATE.*.${durable}`,
      ]),
    },
  };
}

/** `bw.outcome.*.*` as `bw.outcome.>`, which a filter of a part of it is within, too. */
const anyBelow = (subject: string): string => subject.replace(/(\.\*)+$/, '.>');

const PERMISSIONS = { worker, viewer } satisfies Record<RestrictedRole, () => NatsPermissions>;

/** What a role may do on NATS. Pure. */
export function natsPermissions(role: RestrictedRole): NatsPermissions {
  return PERMISSIONS[role]();
}

/**
 * The ACL rules of a worker's Redis user: what BullMQ's worker calls, on the pools' queues and no other key. Scripts run
 * with the same rights, so none gets around them. `SCAN` would list every key's name, whatever the patterns; LCS and SETRANGE
 * can cost the server seconds or gigabytes with two short commands. Pure.
 * @param prefix - REDIS_PREFIX
 */
export function redisWorkerRules(prefix: string): string {
  const commands = ['string', 'hash', 'list', 'set', 'sortedset', 'stream', 'transaction', 'connection'];
  return [
    'resetkeys',
    'resetchannels',
    `~${prefix}:${poolQueueName('*')}`,
    '-@all',
    ...commands.map((category) => `+@${category}`),
    '+@scripting',
    '+del',
    '+unlink',
    '+exists',
    '+rename',
    '+type',
    '+expire',
    '+pexpire',
    '+ttl',
    '+pttl',
    '-@dangerous',
    '+info',
    '-script',
    // No more than EVAL may, and clients in Python load each script before they run it.
    '+script|load',
    '-lcs',
    '-setrange',
    '-wait',
  ].join(' ');
}
