"""A Benchwire worker in Python: runs allowed programs (the `command` executor) on the processors of this machine.

It knows nothing of Benchwire but the protocol of docs/protocol/README.md; the numbers are that page's sections.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import shutil
import signal
import socket
import sys
import time
import uuid
from typing import Any

import nats.js.errors
from bullmq import Worker as QueueConsumer
from bullmq.custom_errors import UnrecoverableError
from nats.aio.msg import Msg

from attempt import Attempt, names_attempt, outcome_of, problem_of
from machine import Machine, facts, hash_of, now
from program import task_error
from stack import Json, Stack

HEARTBEAT_SECONDS = 1.0
DRAIN_SECONDS = 15.0
LOCK_MS = 30_000


class PythonWorker:
    def __init__(self, worker_id: str, device: Json, programs: dict[str, str], machine: Machine, stack: Stack) -> None:
        self.id, self.device, self.programs, self.machine, self.stack = worker_id, device, programs, machine, stack
        self.leaving = asyncio.Event()
        self.attempts: dict[str, Attempt] = {}
        self.state = "ready"
        # Why no jobs are taken: `asked`, `quarantined`, `leaving`, each with the words for it.
        self.holds: dict[str, str] = {}
        self.paused: Json | None = None
        self.revision = 0
        self.capabilities: Json = {
            "v": 1,
            "worker_id": worker_id,
            "boot_id": str(uuid.uuid4()),
            "hostname": socket.gethostname(),
            "started_at": now(),
            "version": "python-example 1",
            "devices": [device],
        }

    async def run(self, redis_url: str | None) -> None:
        """Joins, takes jobs until `leaving` is set, finishes what runs, and signs off."""
        if await self.stack.id_is_taken():
            sys.exit(f'another process runs as worker "{self.id}" already: choose another --id')
        way_in = await self.stack.ask_way_in()
        self.queue_key = f"{way_in['redis_prefix']}:bw-pool-{self.device['pool']}"
        # 4: the queue of the pool.
        self.queue = QueueConsumer(
            f"bw-pool-{self.device['pool']}",
            self._process,
            {
                "connection": redis_url or way_in["redis_url"],
                "prefix": way_in["redis_prefix"],
                "name": self.id,
                "concurrency": self.device["slots"],
                "autorun": False,
                "lockDuration": LOCK_MS,
                "stalledInterval": LOCK_MS,
                "maxStalledCount": 0,
                "runRetryDelay": 1_000,
                "removeOnComplete": {"count": 1000},
                "removeOnFail": {"count": 1000},
            },
        )
        self.queue.on("failed", self._on_failed)
        self.queue.on("error", lambda error, *_: print(f"the queue reports: {error}", file=sys.stderr))
        await self.stack.nats.subscribe(f"bw.worker.{self.id}.command", cb=self._obey)
        await self.stack.nats.subscribe(f"bw.worker.{self.id}.ping", cb=self._tell_here)
        await self._register()
        beating = asyncio.create_task(self._keep_beating())
        message = f"{self.id} offers {self.device['pool']}"
        await self.stack.tell("worker", "joined", message, data={"capabilities": self.capabilities})
        await self._obey_quarantine()
        consuming = asyncio.create_task(self.queue.run())
        # What a predecessor left behind is found now; the package itself looks for the first time after an interval.
        await self.queue.runStalledJobsCheck()
        print(f"{self.id} has joined pool {self.device['pool']} and runs {', '.join(self.programs)}", flush=True)
        await self.leaving.wait()
        await self._drain()
        await consuming
        beating.cancel()
        await self._sign_off()

    # 2, 3 and 8: registering, heartbeats, leaving

    async def _register(self) -> None:
        self.revision = await (await self.stack.workers()).put(self.id, json.dumps(self.capabilities).encode())
        await self._beat()

    async def _keep_beating(self) -> None:
        connected = True
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            was_connected, connected = connected, self.stack.nats.is_connected
            # The server may have come back without its data.
            await (self._register() if connected and not was_connected else self._beat())
            await self._obey_quarantine()

    async def _beat(self) -> None:
        await self.stack.beat(
            {
                "v": 1,
                "worker_id": self.id,
                "boot_id": self.capabilities["boot_id"],
                "sent_at": now(),
                "interval_seconds": HEARTBEAT_SECONDS,
                "state": self.state,
                **({} if self.paused is None else {"paused": self.paused}),
                "capabilities_revision": self.revision,
                "running": {self.device["device_id"]: list(self.attempts)} if self.attempts else {},
                **self.machine.load(),
            }
        )

    async def _obey_quarantine(self) -> None:
        reason = await self.stack.quarantine()
        await (self._release("quarantined") if reason is None else self._hold("quarantined", reason))

    async def _hold(self, reason: str, why: str) -> None:
        """Takes no more jobs until every reason is gone."""
        if reason in self.holds:
            return
        self.holds[reason] = why
        await self.queue.pause(True)
        self.state = "draining"
        if reason == "quarantined":
            self.paused = {"kind": reason, "message": why, "since": now()}
        await self._beat()
        kind = "paused" if reason == "quarantined" else "draining"
        await self.stack.tell("worker", kind, f"{self.id} takes no more jobs: {why}")

    async def _release(self, reason: str) -> None:
        if self.holds.pop(reason, None) is None or self.holds:
            return
        self.queue.resume()
        self.state, self.paused = "ready", None
        await self._beat()
        await self.stack.tell("worker", "changed", f"{self.id} takes jobs again")

    async def _drain(self) -> None:
        await self._hold("leaving", "it is stopping")
        give_up = time.monotonic() + DRAIN_SECONDS
        while self.attempts and time.monotonic() < give_up:
            await asyncio.sleep(0.05)
        for attempt in self.attempts.values():
            attempt.stop("draining", f"it was given {DRAIN_SECONDS:g} s to finish")
        await self.queue.close()

    async def _sign_off(self) -> None:
        self.state = "left"
        await self._beat()
        try:
            await (await self.stack.workers()).delete(self.id, last=self.revision)
        except nats.js.errors.KeyWrongLastSequenceError:
            pass  # another process goes by this id now
        await self.stack.tell("worker", "left", f"{self.id} has left")
        await self.stack.nats.close()

    # 4 and 6: jobs

    async def _process(self, queued: Any, _token: str) -> str:
        # The scheduler finds the jobs of a worker that died by its name in them; this package does not write it.
        await self.queue.client.hset(f"{self.queue_key}:{queued.id}", "pb", self.id)
        problem = problem_of(queued.data)
        if problem is not None:
            return await self._refuse(queued, problem)
        attempt = Attempt(queued.data, self.device, self.programs, self.machine, self.stack)
        self.attempts[attempt.id] = attempt
        try:
            await attempt.run()
        finally:
            del self.attempts[attempt.id]
        return "done"

    async def _refuse(self, queued: Any, problem: str) -> str:
        queue = f"bw-pool-{self.device['pool']}"
        raw = json.dumps(queued.data).encode()
        await self.stack.reject("job", f"{queue}/{queued.id}", raw, problem, f"job.{queue}.{queued.id}")
        if names_attempt(queued.data):
            error = task_error(
                "bad_input", "JOB_UNREADABLE", f"the worker cannot read its job: {problem}", retriable=False
            )
            outcome = outcome_of(queued.data, self.device, self.id)
            await self.stack.store_outcome({**outcome, "status": "failed", "error": error})
        return "rejected"

    def _on_failed(self, queued: Any, error: Exception) -> None:
        """BullMQ fails a job whose worker died, instead of running it again: its attempt is lost."""
        if not isinstance(error, UnrecoverableError) or not names_attempt(queued.data):
            print(f"could not finish {queued.id}: {error}", file=sys.stderr)
            return
        lost = task_error("lost_worker", "JOB_STALLED", "the worker that ran the attempt has gone silent")
        outcome = outcome_of(queued.data, self.device, self.id)
        unknown = {"worker_id": None, "device_id": None}
        asyncio.ensure_future(self.stack.store_outcome({**outcome, **unknown, "status": "lost", "error": lost}))

    # 7: commands

    async def _tell_here(self, message: Msg) -> None:
        """1: others ask whether the id is taken; who may ask that may command nothing."""
        if message.reply:
            await message.respond(json.dumps({"ok": True, "message": "here", "boot_id": self.capabilities["boot_id"]}).encode())

    async def _obey(self, message: Msg) -> None:
        try:
            ok, text = await self._carry_out(json.loads(message.data))
        except (ValueError, KeyError, TypeError) as error:
            ok, text = False, f"this is no command: {error!r}"
            await self.stack.reject("worker_command", message.subject, message.data, text, str(uuid.uuid4()))
        if message.reply:
            reply = {"ok": ok, "message": text, "boot_id": self.capabilities["boot_id"]}
            await message.respond(json.dumps(reply).encode())

    async def _carry_out(self, command: Json) -> tuple[bool, str]:
        match command["command"]:
            case "ping":
                return True, "here"
            case "abort":
                attempt = self.attempts.get(f"{command['run_id']}.{command['task_id']}.{command['attempt']}")
                if attempt is None:
                    return False, "the attempt does not run here"
                attempt.stop("cancelled", command["reason"])
                return True, "the attempt is being stopped"
            case "drain":
                await self._hold("asked", "it was asked to")
                return True, "takes no more jobs; those in execution go on"
            case "resume":
                await self._release("asked")
                return True, "; ".join(self.holds.values()) or "takes jobs"
            case "health_check":
                return await asyncio.to_thread(check_health, self.programs)
            case other:
                raise ValueError(f"there is no command {other!r}")


def check_health(programs: dict[str, str]) -> tuple[bool, str]:
    """7: what it offers is still there, and the processors give the same answer twice."""
    gone = [name for name, path in programs.items() if not os.access(path, os.X_OK)]
    answers = {hash_of(list(range(200_000)), 64) for _ in range(2)}
    if gone or len(answers) > 1:
        return False, f"no longer there: {', '.join(gone)}" if gone else "the same sum came out differently"
    return True, "its programs are there, and the same sum came out alike twice"


def describe_device(machine: Machine, programs: dict[str, str], labels: dict[str, str], slots: int) -> Json:
    """2: what results depend on makes the fingerprint, and with what is offered the pool."""
    environment = facts()
    commands = sorted(programs)
    fingerprint = hash_of(["cpu", sorted(environment.items())], 16)
    offer = hash_of([fingerprint, sorted(labels.items()), ["command"], commands], 8)
    return {
        "device_id": "cpu-0",
        "class": "cpu",
        "name": f"{environment['cpu_model']}, {environment['cpu_cores']} cores, through Python",
        "fingerprint": fingerprint,
        "pool": f"cpu-{offer}",
        "memory_gb": machine.memory_gb,
        "cuda_compute": None,
        "slots": slots,
        "executors": ["command"],
        "commands": commands,
        "labels": labels,
        "environment": environment,
    }


def read_options() -> argparse.Namespace:
    host = re.sub(r"[^A-Za-z0-9_-]+", "-", platform.node()).strip("-")
    parser = argparse.ArgumentParser(
        description="A Benchwire worker in Python. It logs in with NATS_USER and NATS_PASSWORD, or NATS_TOKEN."
    )
    parser.add_argument("--join", metavar="URL", default="nats://127.0.0.1:4222", help="NATS of the stack")
    parser.add_argument("--redis", metavar="URL", help="Redis, where the stack's word for it is not right here")
    parser.add_argument(
        "--allow", metavar="PROGRAM", action="append", required=True, help="a program that tasks may start"
    )
    parser.add_argument("--label", metavar="KEY=VALUE", action="append", default=[])
    parser.add_argument("--slots", metavar="N", type=int, default=1, help="attempts at once (1)")
    parser.add_argument("--id", default=f"python-{host}"[:128])
    options = parser.parse_args()
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", options.id):
        parser.error("--id takes 1 to 128 characters out of A-Z, a-z, 0-9, _ and -")
    if any("=" not in label for label in options.label):
        parser.error("--label takes KEY=VALUE")
    return options


def find_programs(names: list[str]) -> dict[str, str]:
    """Looked up once: what a name means can't be changed later."""
    found = {name: shutil.which(name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        sys.exit(f"--allow: there is no program {', '.join(missing)} here")
    return {name: path for name, path in found.items() if path is not None}


async def main() -> None:
    options = read_options()
    programs, machine = find_programs(options.allow), Machine()
    labels = {"language": "python", **dict(label.split("=", 1) for label in options.label)}
    device = describe_device(machine, programs, labels, options.slots)
    stack = await Stack.connect(options.join, options.id)
    worker = PythonWorker(options.id, device, programs, machine, stack)
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, worker.leaving.set)
    await worker.run(options.redis)


if __name__ == "__main__":
    asyncio.run(main())
