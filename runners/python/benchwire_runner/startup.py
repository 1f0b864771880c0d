"""What a task says of how its model starts, measured in a fresh process beside it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from .errors import TaskFailure
from .protocol import Lines, decode, encode
from .task import Task

ALIVE_SECONDS = 1.0


def startup_metrics(
    task: Task, alive: Callable[[str], None], *, forks: bool
) -> tuple[list[dict[str, Any]], list[str]]:  # fmt: skip
    """Metrics of each phase with a value for each round, and notes on what could not be measured. Empty where the task does not
    ask for them. Raises TaskFailure where the model does not start."""
    if not task.options.get("startup_rounds"):
        return [], []
    reader, writer = os.pipe()
    arguments = [sys.executable, "-m", "benchwire_runner", "startup", "-", "--fd", str(writer)]
    process = subprocess.Popen(
        [*arguments, *([] if forks else ["--no-fork"])], stdin=subprocess.PIPE, pass_fds=[writer]
    )
    os.close(writer)
    assert process.stdin is not None
    process.stdin.write(encode(task.message))
    process.stdin.close()
    lines = Lines()
    answers: list[dict[str, Any]] = []
    while not answers:
        if not select.select([reader], [], [], ALIVE_SECONDS)[0]:
            alive("measuring how the model starts")
            continue
        piece = os.read(reader, 1 << 16)
        if piece == b"":
            break
        answers = [decode(line) for line in lines.feed(piece)]
    os.close(reader)
    process.wait()
    if not answers:
        raise TaskFailure("crash", "KILLED", "The process that measures how a model starts was killed.")
    [answer] = answers
    if "error" in answer:
        raise TaskFailure(*answer["error"])
    metrics = [
        {"metric": name, "unit": "ms", "better": "lower", "values": values}
        for name, values in answer["metrics"].items()
    ]
    return metrics, answer["notes"]
