"""The process of one task: builds the model, measures it, reports on its pipe."""

from __future__ import annotations

import gc
import os
import time
import traceback
from typing import Any

from .backends import Backend, Loaded
from .errors import TaskFailure, failure_of
from .measure import Inference, Window, clock_step_ms, measure_windows, warm_up
from .processes import die_with_parent, limit_cpu_time, peak_resident_mb
from .protocol import send
from .task import Task


def run_task(backend: Backend, task: Task, fd: int) -> None:
    """Runs the task and reports it on `fd`. Never raises for what a task can cause."""
    reporter = Reporter(fd, task.id)
    try:
        die_with_parent()
        os.environ.update(task.variables)
        limit_cpu_time(task.limits)
        work = getattr(backend, "work", None)
        if work is None:
            _measure(backend, task, reporter)
        else:
            work(task, reporter)
        reporter.say("done")
    except BrokenPipeError:
        return
    except BaseException as error:
        failure = failure_of(error)
        if not isinstance(error, TaskFailure):
            traceback.print_exc()
        reporter.say(
            "failed",
            error={"class": failure.error_class, "code": failure.code, "message": str(failure)},
            batch_size=reporter.batch_size,
        )


class Reporter:
    """Messages of one task."""

    def __init__(self, fd: int, task_id: str) -> None:
        self._fd = fd
        self._id = task_id
        self.batch_size: int | None = None

    def say(self, kind: str, **fields: Any) -> None:
        send(self._fd, {"type": kind, "id": self._id, **fields})

    def progress(self, phase: str) -> None:
        self.say("progress", phase=phase, batch_size=self.batch_size)


def _measure(backend: Backend, task: Task, reporter: Reporter) -> None:
    reporter.progress("building the model")
    loaded = backend.prepare(task, reporter.progress)
    reporter.say("loaded", facts=loaded.facts, timings=loaded.timings, notes=loaded.notes)
    for batch_size in task.batch_sizes:
        reporter.batch_size = batch_size
        reporter.progress(f"first run with batch size {batch_size}")
        _measure_batch(loaded, task, batch_size, reporter)
        reporter.batch_size = None


def _measure_batch(loaded: Loaded, task: Task, batch_size: int, reporter: Reporter) -> None:
    infer: Inference = loaded.inference(batch_size)
    started = time.perf_counter()
    infer()
    first_run_ms = (time.perf_counter() - started) * 1000
    loaded.prove()
    compile_ms = loaded.compile_ms()
    warmup_ms = warm_up(infer, task, lambda: reporter.progress("warming up"))
    # What was made so far lives until the end: the collector need not look at it while something is measured.
    gc.collect()
    gc.freeze()

    def hand_on(window: Window) -> None:
        reporter.say("window", batch_size=batch_size, times_ms=window.times_ms, latencies_ms=window.latencies_ms)

    measured_seconds = measure_windows(infer, task, hand_on)
    reporter.say(
        "batch",
        batch_size=batch_size,
        first_run_ms=first_run_ms,
        compile_ms=compile_ms,
        warmup_ms=warmup_ms,
        measured_seconds=measured_seconds,
        peak_rss_mb=peak_resident_mb(),
        device_memory_mb=loaded.device_memory_mb(),
        clock_step_ms=clock_step_ms(),
        metrics=loaded.metrics(batch_size),
    )
