"""The process of one task: builds the model, measures it, reports on its pipe."""

from __future__ import annotations

import gc
import os
import statistics
import time
import traceback
from typing import Any

from .backends import Backend, Loaded
from .batch_search import BatchSearch
from .errors import TaskFailure, failure_of
from .measure import Inference, Window, clock_step_ms, measure_windows, warm_up
from .processes import available_memory_mb, die_with_parent, limit_cpu_time, peak_resident_mb, resident_mb
from .protocol import encode, send
from .startup import startup_metrics
from .task import Task
from .together import Together, mix_note, start_together


def run_task(backend: Backend, task: Task, fd: int, spawn: str | None = None) -> None:
    """Runs the task and reports it on `fd`. Never raises for what a task can cause.

    `spawn` is the backend's name where processes are started afresh and not forked.
    """
    reporter = Reporter(fd, task.id)
    try:
        die_with_parent()
        os.environ.update(task.variables)
        limit_cpu_time(task.limits)
        work = getattr(backend, "work", None)
        if work is None:
            _measure(backend, task, reporter, spawn)
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


def _measure(backend: Backend, task: Task, reporter: Reporter, spawn: str | None) -> None:
    of_model = None if spawn is None else (spawn, lambda model: encode({**task.message, "model": model}))
    # Before this process has a thread pool or a device, which a fork would not survive.
    together = start_together(backend, task, reporter.progress, of_model)
    metrics, notes = startup_metrics(task, reporter.progress, forks=spawn is None)
    reporter.progress("building the model")
    loaded = backend.prepare(task, reporter.progress)
    reporter.say("loaded", facts=loaded.facts, timings=loaded.timings, notes=[*loaded.notes, *notes], metrics=metrics)
    sizes = task.batch_sizes
    if sizes is None:
        _measure_auto(loaded, task, reporter, together)
    for batch_size in sizes or []:
        _measure_batch(loaded, task, batch_size, reporter, together)
    if together is not None:
        together.instances.end()


def _measure_auto(loaded: Loaded, task: Task, reporter: Reporter, together: Together | None) -> None:
    """The sizes that a search finds. A size that does not run ends the search, unless it is the first."""
    search = BatchSearch(_memory_limit_mb(loaded, task), task.max_seconds)
    while (size := search.next()) is not None:
        try:
            latency_ms, memory_mb = _measure_batch(loaded, task, size, reporter, together)
        except Exception as error:
            if size == 1:
                raise
            failure = failure_of(error)
            search.reason = f"batch size {size} does not run: {failure}"
            reporter.batch_size = None
            break
        search.measured(size, latency_ms, memory_mb)
    reporter.say("note", text=f"batch_sizes auto: {search.reason}"[:4096])


def _memory_limit_mb(loaded: Loaded, task: Task) -> float | None:
    """Of the device, or of the process where that is the machine."""
    of_device = loaded.available_memory_mb()
    if of_device is not None:
        return of_device + (loaded.device_memory_mb() or 0)
    room = available_memory_mb()
    own = resident_mb(os.getpid()) or 0
    limits = [task.limits.memory_mb, None if room is None else room + own]
    return min((limit for limit in limits if limit is not None), default=None)


def _measure_batch(
    loaded: Loaded, task: Task, batch_size: int, reporter: Reporter, together: Together | None
) -> tuple[float, float]:
    """Measures a batch size and reports it. Returns its median latency in milliseconds, and the highest memory so far in MiB."""
    reporter.batch_size = batch_size
    reporter.progress(f"first run with batch size {batch_size}")
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
    latencies: list[float] = []

    def hand_on(window: Window) -> None:
        latencies.extend(window.latencies_ms)
        reporter.say("window", batch_size=batch_size, times_ms=window.times_ms, latencies_ms=window.latencies_ms)

    measured_seconds = measure_windows(infer, task, hand_on)
    peak_rss_mb, device_memory_mb = peak_resident_mb(), loaded.device_memory_mb()
    metrics = loaded.metrics(batch_size)
    streams = [] if together is None else together.streams_of(batch_size, measured_seconds)
    mix = [] if together is None else together.mix_of(batch_size)
    reporter.say(
        "batch",
        batch_size=batch_size,
        first_run_ms=first_run_ms,
        compile_ms=compile_ms,
        warmup_ms=warmup_ms,
        measured_seconds=measured_seconds,
        peak_rss_mb=peak_rss_mb,
        device_memory_mb=device_memory_mb,
        clock_step_ms=clock_step_ms(),
        streams=streams,
        metrics=[*metrics, *mix],
    )
    if together is not None and (note := mix_note(mix, 1 + len(together.mix))) is not None:
        reporter.say("note", text=f"batch {batch_size}, {note}")
    reporter.batch_size = None
    return statistics.median(latencies or [0.0]), device_memory_mb or peak_rss_mb
