#!/bin/sh
# Writes deploy/.env: fresh passwords for compose.yaml, and what bw on this machine needs. Leaves one that is there alone.
set -eu
cd "$(dirname "$0")"
if [ -e .env ]; then
  echo "deploy/.env is there already; nothing was changed."
  exit 0
fi

# Letters and digits, and a letter first: a password also stands in URLs and in NATS' configuration.
password() {
  printf 'p%s' "$(LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 40)"
}

umask 077
redis_password=$(password)
cat >.env.new <<END
# Written by compose-env.sh. The servers' volumes remember the passwords: to change them, remove the volumes too.
NATS_USER=benchwire
NATS_PASSWORD=$(password)
REDIS_PASSWORD=$redis_password
KAFKA_PASSWORD=$(password)
CLICKHOUSE_PASSWORD=$(password)
CLICKHOUSE_READER_PASSWORD=$(password)
GRAFANA_PASSWORD=$(password)

# For bw and for workers on this machine outside of the containers; the containers have addresses of their own.
NATS_URL=nats://127.0.0.1:4222
REDIS_URL=redis://:$redis_password@127.0.0.1:6379

# For workers on other machines: where NATS and Redis listen, and the name that the others know this machine by.
# Neither is encrypted here: only in a network that you trust.
#PUBLISH_ADDRESS=0.0.0.0
#PUBLISH_HOST=bench-hub

#WORKER_MEMORY=4G
# How much tasks may write into /tmp; counts as memory.
#WORKER_TMP=1g
#WORKER_LABELS=site=lab-1
# An absolute path of a folder with models; the workers see it under the same path.
#MODELS_DIR=/home/me/models
END
mv .env.new .env
echo "wrote deploy/.env with fresh passwords; only you can read it."
