"""One try at a task, from its job to its outcome. The numbers are sections of docs/protocol/README.md."""

from __future__ import annotations

import asyncio
import math
import re
import time
import uuid
from typing import Any

import msgpack

from machine import Machine, Watch, now
from program import Program, Report, task_error
from stack import Json, Stack

ANNOUNCE_AFTER_SECONDS = 0.1
BATCH_EVERY_SECONDS = 0.1


class Attempt:
    def __init__(self, job: Json, device: Json, programs: dict[str, str], machine: Machine, stack: Stack) -> None:
        self.job, self.device, self.machine, self.stack = job, device, machine, stack
        self.task: Json = job["task"]
        self.id = f"{job['run_id']}.{self.task['task_id']}.{job['attempt']}"
        self._program = Program(self.task["config"], programs, self.id)
        self._stopped: str | None = None
        self._why = ""
        self._watch: Watch | None = None
        self._sequence = 0

    def stop(self, reason: str, why: str) -> None:
        """Ends it; the first reason counts: `timed_out`, `cancelled` or `draining`."""
        if self._stopped is None:
            self._stopped, self._why = reason, why
            self._program.stop()

    async def run(self) -> None:
        """Returns once OUTCOMES has the outcome."""
        started_at, started = now(), time.monotonic()
        timeout = asyncio.get_running_loop().call_later(
            self.task["timeout_seconds"], self.stop, "timed_out", "its time was over"
        )
        announcing = asyncio.create_task(self._announce(started_at))
        program = asyncio.create_task(self._program.run())
        while not program.done():
            await asyncio.wait([program], timeout=BATCH_EVERY_SECONDS)
            await self._publish_points()
        seconds, finished_at = time.monotonic() - started, now()
        timeout.cancel()
        announcing.cancel()
        report = program.result()
        status, error = self._ending(report)
        results = {"metrics": report.metrics, "notes": report.notes}
        await self.stack.store_outcome(
            {
                **outcome_of(self.job, self.device, self.stack.worker_id),
                "status": status,
                "error": error,
                "precision": self.task["config"].get("precision"),
                "started_at": started_at,
                "finished_at": finished_at,
                "execution_time_seconds": seconds,
                **({"workload": self.job["workload"]} if "workload" in self.job else {}),
                "results": {name: value for name, value in results.items() if value},
                "hardware_metrics": self.machine.used(self._watch),
                "logs": report.logs,
            }
        )

    def _ending(self, report: Report) -> tuple[str, Json | None]:
        """6: what completed in spite of being told to stop did complete."""
        if report.error is None:
            return "completed", None
        match self._stopped:
            case "timed_out":
                limit = self.task["timeout_seconds"]
                return "timed_out", task_error(
                    "timeout", "TASK_TIMED_OUT", f"still running after timeout_seconds = {limit}"
                )
            case "cancelled":
                message = f"stopped while it ran: {self._why}"
                return "cancelled", task_error("cancelled", "CANCELLED", message, retriable=False)
            case "draining":
                message = f"the worker was stopped before the task could finish: {self._why}"
                return "lost", task_error("lost_worker", "WORKER_DRAINED", message)
            case _:
                return "failed", report.error

    async def _announce(self, started_at: str) -> None:
        await asyncio.sleep(ANNOUNCE_AFTER_SECONDS)
        self._watch = self.machine.watch()
        number, task_id = self.job["attempt"], self.task["task_id"]
        await self.stack.tell(
            "task",
            "running",
            f"attempt {number} of {task_id} runs on {self.stack.worker_id}",
            event_id=f"{self.id}.running",
            at=started_at,
            run_id=self.job["run_id"],
            task_id=task_id,
            attempt=number,
            pool=self.device["pool"],
        )

    async def _publish_points(self) -> None:
        """5: what the program has printed since the last batch."""
        columns = self._program.take_columns()
        if not columns:
            return
        run_id, task_id = self.job["run_id"], self.task["task_id"]
        batch = {
            "v": 1,
            "run_id": run_id,
            "task_id": task_id,
            "attempt": self.job["attempt"],
            "worker_id": self.stack.worker_id,
            "sequence": self._sequence,
            "columns": columns,
        }
        await self.stack.publish(f"bw.metrics.{run_id}.{task_id}", msgpack.packb(batch), f"{self.id}.m{self._sequence}")
        self._sequence += 1


def outcome_of(job: Json, device: Json, worker_id: str) -> Json:
    """6: what every outcome of a job says; the rest is for the caller. Also of a job that is only half readable."""
    task, config = job["task"], job["task"].get("config") or {}
    return {
        "v": 1,
        "run_id": job["run_id"],
        "task_id": task["task_id"],
        "attempt": job["attempt"],
        "max_attempts": job.get("max_attempts", 1),
        "worker_id": worker_id,
        "device_id": device["device_id"],
        "pool": device["pool"],
        "fingerprint": device["fingerprint"],
        "benchmark": task.get("benchmark", "unknown"),
        "executor": task.get("executor", "unknown"),
        "model": config.get("model"),
        "precision": None,
        "scenario": None,
        "variant": job.get("variant", ""),
        "request_name": job.get("request_name"),
        "source": job.get("source"),
        "tags": job.get("tags", {}),
        "queued_at": job.get("queued_at", now()),
        "started_at": None,
        "finished_at": now(),
        "execution_time_seconds": None,
        "results": {},
        "hardware_metrics": None,
        "environment": device["environment"],
        "simulation_status": {"is_simulated": False},
        "logs": None,
    }


def names_attempt(data: Any) -> bool:
    """Whether a job tells at least which attempt it is, so that it can end in an outcome."""
    try:
        uuid.UUID(data["run_id"])
        return re.fullmatch(r"[A-Za-z0-9_-]{1,128}", data["task"]["task_id"]) is not None and data["attempt"] >= 1
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def problem_of(data: Any) -> str | None:
    """Why a job is none that this worker could run; None when it is fine."""
    if not names_attempt(data):
        return "run_id, task.task_id and attempt are not what they have to be"
    if data.get("v") != 1:
        return f"version {data.get('v')!r} is not known here"
    task = data["task"]
    if task.get("executor") != "command":
        return f"the executor {task.get('executor')!r} is not offered here"
    config = task.get("config")
    command = config.get("command") if isinstance(config, dict) else None
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        return "task.config.command is not a list of texts"
    seconds = task.get("timeout_seconds")
    if not isinstance(seconds, (int, float)) or not math.isfinite(seconds) or seconds <= 0:
        return "task.timeout_seconds is no number above 0"
    return None
