"""A backend without libraries, whose models do what their names say: for tests of the runner itself."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from benchwire_runner.backends import Loaded
from benchwire_runner.errors import TaskFailure
from benchwire_runner.task import Task


def load() -> dict[str, str]:
    print("the fake backend is loaded")
    return {"fake": "1.0"}


def devices() -> list[dict[str, Any]]:
    return [{"class": "cpu", "name": "fake"}]


def warm(model: str) -> None:
    """Nothing is imported for one model only."""


def prepare(task: Task, progress: Callable[[str], None]) -> Loaded:
    name = task.model
    if name == "unknown":
        raise TaskFailure("bad_input", "MODEL_UNKNOWN", 'there is no model type "unknown".')
    if name == "crash":
        os.abort()
    if name == "exit":
        sys.stdout.write("not a whole line")
        os._exit(7)
    if name == "raise":
        raise RuntimeError("something broke")
    if name == "kill-runner":
        os.kill(os.getppid(), 9)
        time.sleep(60)
    if name == "hang":
        progress("hanging")
        time.sleep(600)
    if name == "busy":
        while True:
            sum(range(10_000))
    if name == "memory":
        hoard: list[bytes] = []
        while True:
            hoard.append(b"x" * 10_000_000)
            time.sleep(0.01)
    if name == "garbage":
        print('{"type":"done","id":"x"}\n\x1b[31mgarbage\x1b[0m')
        os.write(1, b"\xff\xfe not UTF-8\n" * 3)
        print("to standard error", file=sys.stderr)
    # A helper process that outlives the task's own.
    if name == "fork" and os.fork() == 0:
        time.sleep(600)
        os._exit(0)

    def inference(batch_size: int) -> Callable[[], None]:
        if name == "fails-at-4" and batch_size == 4:
            raise MemoryError("no room for a batch of 4")
        seconds = 0.0002 * batch_size

        def infer() -> None:
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                pass

        return infer

    return Loaded(
        facts={"model_class": "Fake", "model_parameters": 0, "seen": task.variables.get("FAKE_VISIBLE")},
        timings={"build_ms": 1.5},
        inference=inference,
        compile_ms=(lambda: 3.0) if task.options.get("mode") == "compile" else (lambda: None),
        metrics=lambda batch: [{"metric": "fake_value", "unit": "ms", "better": "lower", "values": [1.0, 3.0, 2.0]}],
    )
