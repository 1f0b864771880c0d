"""One program: what it prints becomes metric points and logs, its exit code decides. No shell, no child left behind."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
import shutil
import signal
import statistics
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

GRACE_SECONDS = 2.0
MAX_LINE_BYTES = 1024**2
MAX_LOG_BYTES = 64 * 1024
MAX_PENDING_POINTS = 10_000
MAX_METRICS = 256
MAX_VALUES = 1_000_000
MAX_NOTES = 20

Json = dict[str, Any]


def task_error(kind: str, code: str, message: str, retriable: bool = True) -> Json:
    return {"class": kind, "code": code, "message": message[:8000], "retriable": retriable}


@dataclass
class Report:
    """What came out; `error` is None when the program ended well."""

    error: Json | None
    metrics: dict[str, Json] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    logs: str | None = None


class Program:
    def __init__(self, config: Json, allowed: dict[str, str], attempt_id: str) -> None:
        self.config, self.allowed, self.attempt_id = config, allowed, attempt_id
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._kill: asyncio.TimerHandle | None = None
        self._failure: Json | None = None
        self._pending: dict[str, tuple[list[float], list[float]]] = {}
        self._pending_points = 0
        self._values: dict[str, list[float]] = {}
        self._units: dict[str, str | None] = {}
        self._kept = 0
        self._logs: deque[bytes] = deque()
        self._log_bytes = 0
        self._notes: list[str] = []

    async def run(self) -> Report:
        refusal = self._refusal()
        if refusal is not None:
            return Report(refusal)
        home = tempfile.mkdtemp(prefix="benchwire-python-")
        try:
            return await self._run(home)
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def stop(self) -> None:
        """SIGTERM to it and all that it started, and after a grace SIGKILL. Idempotent."""
        self._stopping = True
        if self._process is not None and self._kill is None:
            self._signal(signal.SIGTERM)
            self._kill = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._signal, signal.SIGKILL)

    def take_columns(self) -> list[Json]:
        """The points since the last call, as a metric batch has them."""
        pending, self._pending, self._pending_points = self._pending, {}, 0
        return [
            {"metric": metric, "unit": self._units[metric], "batch_size": None, "times_ms": times, "values": values}
            for metric, (times, values) in pending.items()
        ]

    def _refusal(self) -> Json | None:
        name = self.config["command"][0]
        if name not in self.allowed:
            message = f'this worker does not allow the program "{name}", only: {", ".join(self.allowed)}'
            return task_error("bad_input", "COMMAND_NOT_ALLOWED", message, retriable=False)
        # A variable such as LD_PRELOAD would make an allowed program run other code: none is simplest.
        unknown = [field for field in ("env", "max_memory_mb") if self.config.get(field)]
        if unknown:
            message = f"this worker knows no config.{' and no config.'.join(unknown)}"
            return task_error("bad_input", "NOT_SUPPORTED", message, retriable=False)
        return None

    async def _run(self, home: str) -> Report:
        name, *args = self.config["command"]
        try:
            self._process = await asyncio.create_subprocess_exec(
                self.allowed[name],
                *args,
                cwd=self.config.get("working_directory") or home,
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "LANG": os.environ.get("LANG", "C.UTF-8"),
                    "HOME": home,
                    "TMPDIR": home,
                    "BENCHWIRE_DEVICE_CLASS": "cpu",
                    "BENCHWIRE_ATTEMPT": self.attempt_id,
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=MAX_LINE_BYTES,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return Report(
                task_error("bad_input", "COMMAND_NOT_STARTED", f"{name} could not be started: {error}", retriable=False)
            )
        process = self._process
        if self._stopping:  # told to while it was being started
            self.stop()
        assert process.stdout is not None and process.stderr is not None
        readers = [
            asyncio.create_task(self._read(process.stdout, True)),
            asyncio.create_task(self._read(process.stderr, False)),
        ]
        code = await process.wait()
        self._signal(signal.SIGKILL)  # what it left running
        if self._kill is not None:
            self._kill.cancel()
        # The end of its output; unless a stranger holds the pipe open, or the points have to wait for the stream.
        while (await asyncio.wait(readers, timeout=5))[1] and self._pending_points >= MAX_PENDING_POINTS:
            pass
        for reader in readers:
            reader.cancel()
        stopped = task_error("cancelled", "STOPPED", "was stopped") if self._stopping else None
        return Report(
            self._failure or stopped or self._exit_error(name, code), self._summary(), self._notes, self._log_text()
        )

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except (ProcessLookupError, PermissionError):
                pass  # nobody is left in its group

    async def _read(self, stream: asyncio.StreamReader, has_metrics: bool) -> None:
        try:
            while line := await stream.readline():
                text = line.decode(errors="replace").rstrip("\n")
                if not (has_metrics and self._take_point(text)):
                    self._log(line)
                while self._pending_points >= MAX_PENDING_POINTS:
                    await asyncio.sleep(0.01)  # the stream is slow, so the program has to wait
        except ValueError:
            message = f"the program printed a line of more than {MAX_LINE_BYTES // 1024**2} MiB"
            self._failure = task_error("bad_input", "LINE_TOO_LONG", message, retriable=False)
            self.stop()

    def _take_point(self, text: str) -> bool:
        """Whether the line is a point: a JSON object with `metric`. One that was meant to be but isn't is told."""
        if not text.lstrip().startswith("{") or '"metric"' not in text:
            return False
        try:
            point = json.loads(text)
            metric, value, unit = point["metric"], point["value"], point.get("unit")
            number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
            name = isinstance(metric, str) and 0 < len(metric) <= 256
            if not (number and name and (unit is None or isinstance(unit, str) and len(unit) <= 32)):
                raise ValueError("metric is a name, value a finite number, unit a short text or null")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._note(f"a metric line was not readable, {error!r}: {text[:200]}")
            return False
        self._add(metric, float(value), unit)
        return True

    def _add(self, metric: str, value: float, unit: str | None) -> None:
        if metric not in self._values:
            if len(self._values) >= MAX_METRICS:
                return self._note(f"a task may report at most {MAX_METRICS} different metrics; others were ignored")
            self._values[metric], self._units[metric] = [], unit
        times, values = self._pending.setdefault(metric, ([], []))
        times.append(time.time() * 1000)
        values.append(value)
        self._pending_points += 1
        if self._kept < MAX_VALUES:
            self._values[metric].append(value)
            self._kept += 1
        else:
            self._note(f"the medians are over the first {MAX_VALUES} values")

    def _summary(self) -> dict[str, Json]:
        measured = {metric: values for metric, values in self._values.items() if values}
        if measured:
            self._note("this worker computes no confidence intervals")
        return {
            metric: {
                "value": statistics.median(values),
                "unit": self._units[metric],
                "ci_low": None,
                "ci_high": None,
                "min": min(values),
                "max": max(values),
                "samples": len(values),
            }
            for metric, values in measured.items()
        }

    def _exit_error(self, name: str, code: int) -> Json | None:
        last = self._logs[-1].decode(errors="replace").strip()[:500] if self._logs else ""
        said = f"; its last line: {last}" if last else ""
        if code == 0:
            return None
        if code < 0:
            ended = signal.Signals(-code).name
            return task_error("crash", f"KILLED_BY_{ended}", f"{name} was ended by {ended}{said}")
        return task_error("crash", "EXIT_CODE", f"{name} ended with code {code}{said}")

    def _note(self, text: str) -> None:
        if text not in self._notes and len(self._notes) < MAX_NOTES:
            self._notes.append(text)

    def _log(self, line: bytes) -> None:
        self._logs.append(line)
        self._log_bytes += len(line)
        while self._log_bytes > MAX_LOG_BYTES and len(self._logs) > 1:
            self._log_bytes -= len(self._logs.popleft())

    def _log_text(self) -> str | None:
        return base64.b64encode(b"".join(self._logs)[-MAX_LOG_BYTES:]).decode() if self._logs else None
