"""How long a model takes until it can be run, in a fresh process: importing, making its class, drawing its weights."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from ..errors import failure_of
from ..task import Task


def measure_startup(task: Task, rounds: int, *, forks: bool) -> dict[str, Any]:
    """Call it in a process that has imported nothing yet. Every round is a fork of the process that has the libraries and no
    model's module; without forks there is one.

    Returns:
        milliseconds by phase, a value for each round, and what could not be measured
    """
    started = time.perf_counter()
    import transformers
    import transformers.models.auto.modeling_auto

    from ..model_types.recipe import stored_recipes
    from . import torch_backend  # noqa: F401

    library_ms = _since(started)
    transformers.utils.logging.set_verbosity_error()
    stored_recipes()
    results = [_forked(task) if forks else _round(task) for _ in range(rounds if forks else 1)]
    phases = {name: [result["times"][name] for result in results] for name in results[0]["times"]}
    notes = sorted({note for result in results for note in result["notes"]})
    return {"metrics": {"library_import_ms": [library_ms], **phases}, "notes": notes}


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _round(task: Task) -> dict[str, Any]:
    import torch

    from ..model_types.build import config_of
    from ..model_types.construct import count_parameters
    from . import torch_backend

    threads = task.options.get("intra_op_num_threads")
    if threads is not None:
        torch.set_num_threads(threads)
    times: dict[str, float] = {}
    notes: list[str] = []
    started = time.perf_counter()
    torch_backend.warm(task.model)
    times["module_import_ms"] = _since(started)
    started = time.perf_counter()
    try:
        count_parameters(*config_of(task.model, task.options["size"]))
        times["class_instantiation_ms"] = _since(started)
    except Exception as error:
        # Some classes read numbers while they are made, which tensors without memory do not have.
        notes.append(f"class_instantiation_ms was not measured: {type(error).__name__}: {str(error)[:200]}")
    started = time.perf_counter()
    torch_backend.prepare(task, lambda _: None)
    times["model_initialization_ms"] = _since(started)
    return {"times": times, "notes": notes}


def _forked(task: Task) -> dict[str, Any]:
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            try:
                answer: dict[str, Any] = _round(task)
            except BaseException as error:
                failure = failure_of(error)
                answer = {"error": [failure.error_class, failure.code, str(failure)]}
            with os.fdopen(writer, "w") as out:
                json.dump(answer, out)
            sys.stdout.flush()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answers:
        text = answers.read()
    os.waitpid(pid, 0)
    from ..errors import TaskFailure

    if not text:
        raise TaskFailure("crash", "KILLED", "The process that measures how a model starts was killed.")
    answer = json.loads(text)
    if "error" in answer:
        raise TaskFailure(*answer["error"])
    return answer
