import { startClickHouseFront } from '../../support/clickhouse-front.ts';

/** Stands for the image clickhouse/clickhouse-server: its variables, its folder, its port. */
const { CLICKHOUSE_USER = 'default', CLICKHOUSE_PASSWORD = '', CLICKHOUSE_READER_PASSWORD } = process.env;
const front = await startClickHouseFront(
  {
    [CLICKHOUSE_USER]: CLICKHOUSE_PASSWORD,
    ...(CLICKHOUSE_READER_PASSWORD === undefined ? {} : { benchwire_reader: CLICKHOUSE_READER_PASSWORD }),
  },
  { folder: '/var/lib/clickhouse', host: '0.0.0.0', port: 8123 },
);
process.once('SIGTERM', () => void front.stop().then(() => process.exit(0)));
