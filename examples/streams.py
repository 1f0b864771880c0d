"""The public streams from Python: what happens now, or what happened since a time. docs/streams.md says what they hold.

    pip install -r examples/requirements.txt
    python3 examples/streams.py live [RUN_ID]
    python3 examples/streams.py replay [MINUTES]
"""

import asyncio
import datetime
import json
import os
import sys

import msgpack
import nats
import nats.errors
from nats.js.api import ConsumerConfig, DeliverPolicy


def where() -> dict:
    """How to reach the stack: NATS_URL and the others, else a local stack in this folder."""
    env = os.environ
    if "NATS_URL" not in env:
        with open(".benchwire/stack.json") as file:
            env = json.load(file)["env"]
    return {
        "servers": env["NATS_URL"],
        "user": env.get("NATS_USER"),
        "password": env.get("NATS_PASSWORD"),
        "inbox_prefix": os.environ.get("NATS_INBOX_PREFIX", "_INBOX"),
    }


def tell(subject: str, payload: bytes) -> None:
    if subject.startswith("bw.metrics."):
        batch = msgpack.unpackb(payload)
        for column in batch["columns"]:
            for time_ms, value in zip(column["times_ms"], column["values"]):
                at = datetime.datetime.fromtimestamp(time_ms / 1000, datetime.timezone.utc)
                print(f"{at:%H:%M:%S.%f} {subject} {column['metric']} {value} {column['unit'] or ''}", flush=True)
    else:
        message = json.loads(payload)
        print(f"{subject} {message.get('kind') or message.get('status')} {message.get('message', '')}", flush=True)


async def live(nc, run_id: str) -> None:
    """Plain messages: what is said while nobody listens is in the streams, see replay."""
    async def on_message(message):
        tell(message.subject, message.data)

    for subject in (f"bw.event.*.{run_id}", f"bw.metrics.{run_id}.*", f"bw.outcome.{run_id}.*", "bw.finding.*.*"):
        await nc.subscribe(subject, cb=on_message)
    await nc.flush()
    print("listening", flush=True)
    await asyncio.Event().wait()


async def replay(nc, minutes: float) -> None:
    """From JetStream, through an ordered consumer: each message once, in order, nothing to acknowledge."""
    since = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
    js = nc.jetstream()
    for stream, subject in (
        ("EVENTS", "bw.event.*.*"),
        ("METRICS", "bw.metrics.*.*"),
        ("OUTCOMES", "bw.outcome.*.*"),
        ("FINDINGS", "bw.finding.*.*"),
    ):
        config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=since)
        messages = await js.subscribe(subject, stream=stream, ordered_consumer=True, config=config)
        try:
            while True:  # until nothing comes for a while; without the timeout it goes on with what happens now
                message = await messages.next_msg(timeout=2)
                tell(message.subject, message.data)
        except nats.errors.TimeoutError:
            pass
        await messages.unsubscribe()


async def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "live"
    argument = sys.argv[2] if len(sys.argv) > 2 else None
    nc = await nats.connect(**where())
    try:
        if command == "replay":
            await replay(nc, float(argument or 60))
        else:
            await live(nc, argument or "*")
    finally:
        await nc.close()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
