"""What a worker says to the stack, over NATS. The numbers are sections of docs/protocol/README.md."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import uuid
from typing import Any

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.kv import KeyValue

from machine import now

HEADROOM_BYTES = 2048
JOIN_TRIES = 20

Json = dict[str, Any]


class Stack:
    def __init__(self, connection: Client, worker_id: str) -> None:
        self.nats, self.stream, self.worker_id = connection, connection.jetstream(), worker_id

    @classmethod
    async def connect(cls, url: str, worker_id: str) -> Stack:
        connection = await nats.connect(
            url,
            name=worker_id,
            user=os.environ.get("NATS_USER"),
            password=os.environ.get("NATS_PASSWORD"),
            token=os.environ.get("NATS_TOKEN"),
            inbox_prefix=os.environ.get("NATS_INBOX_PREFIX", "_INBOX.worker").encode(),
            allow_reconnect=True,
            reconnect_time_wait=1,
            max_reconnect_attempts=-1,
        )
        return cls(connection, worker_id)

    async def ask_way_in(self) -> Json:
        """1: where Redis is. The reply holds a password: it is not printed."""
        question = json.dumps({"v": 1, "hostname": socket.gethostname()}).encode()
        for _ in range(JOIN_TRIES):
            try:
                reply: Json = json.loads((await self.nats.request("bw.worker.join", question, timeout=5)).data)
            except nats.errors.NoRespondersError:
                await asyncio.sleep(0.5)  # the scheduler may just be starting
                continue
            return reply if reply["ok"] else sys.exit(f"the stack refuses: {reply['issues']}")
        sys.exit("NATS is there, but no scheduler: nobody answers on bw.worker.join")

    async def id_is_taken(self) -> bool:
        try:
            await self.nats.request(f"bw.worker.{self.worker_id}.ping", b'{"command":"ping"}', timeout=1)
            return True
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
            return False

    async def workers(self) -> KeyValue:
        return await self.stream.key_value("workers")

    async def quarantine(self) -> str | None:
        """8: why this worker may take no jobs now, if so. Without an answer it may."""
        try:
            entry = await (await self.stream.key_value("quarantine")).get(self.worker_id)
        except nats.errors.Error:
            return None
        said: Json = json.loads(entry.value or b"{}")
        return str(said.get("reason")) if said.get("quarantined") is True else None

    async def beat(self, heartbeat: Json) -> None:
        """3: plain NATS; one that can't be sent is worth nothing later."""
        if self.nats.is_connected:
            await self.nats.publish(f"bw.heartbeat.{self.worker_id}", json.dumps(heartbeat).encode())

    async def store_outcome(self, outcome: Json) -> None:
        """6 and 9: when NATS would not take it, logs go first, then results."""
        most = self.nats.max_payload - HEADROOM_BYTES
        payload = json.dumps(outcome).encode()
        if len(payload) > most:
            payload = json.dumps({**outcome, "logs": None}).encode()
        if len(payload) > most:
            message = f"the results are {len(payload)} bytes, and a message holds {most}: report fewer metrics"
            error = {"class": "bad_input", "code": "RESULTS_TOO_LARGE", "message": message, "retriable": False}
            small = {"status": "failed", "error": error, "results": {"notes": [message]}, "logs": None}
            payload = json.dumps({**outcome, **small}).encode()
        run_id, task_id, attempt = (outcome[key] for key in ("run_id", "task_id", "attempt"))
        await self.publish(f"bw.outcome.{run_id}.{task_id}", payload, f"{run_id}.{task_id}.{attempt}")

    async def tell(self, entity: str, kind: str, message: str, **about: Any) -> None:
        """7: an event."""
        event = {
            "v": 1,
            "event_id": str(uuid.uuid4()),
            "at": now(),
            "entity": entity,
            "kind": kind,
            "run_id": None,
            "task_id": None,
            "attempt": None,
            "worker_id": self.worker_id,
            "pool": None,
            "message": message[:4096],
            **about,
        }
        subject = f"bw.event.{entity}.{event['run_id'] or '-'}"
        await self.publish(subject, json.dumps(event).encode(), str(event["event_id"]))

    async def reject(self, where: str, subject: str, raw: bytes, problem: str, msg_id: str) -> None:
        """10: what can't be read is kept for people to look at."""
        issues = json.dumps([{"path": "(message)", "code": "unreadable", "message": problem[:500]}])
        headers = {"Bw-Subject": subject, "Bw-Issues": issues, "Bw-At": now()}
        await self.publish(f"bw.rejected.{where}", raw, f"rejected.{msg_id}", headers)

    async def publish(self, subject: str, payload: bytes, msg_id: str, headers: dict[str, str] | None = None) -> None:
        """Resolves once the stream has it. A server that is away is waited for: the id makes trying again harmless."""
        wait = 0.05
        while True:
            try:
                await self.stream.publish(
                    subject, payload, timeout=5, headers={**(headers or {}), "Nats-Msg-Id": msg_id}
                )
                return
            except (nats.errors.MaxPayloadError, nats.errors.ConnectionClosedError):
                raise
            except nats.js.errors.APIError as error:
                if error.code is not None and 400 <= error.code < 500:
                    raise
            except nats.errors.Error:
                pass
            await asyncio.sleep(wait)
            wait = min(2.0, wait * 2)
