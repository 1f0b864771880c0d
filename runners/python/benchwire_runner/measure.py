"""The measured loop: the same windows, warm-up and arrivals as services/worker/src/executors/onnx/measure.ts."""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from .task import Task

Inference = Callable[[], "float | None"]
"""Runs one batch to its end. A device with a clock of its own gives back the latency in milliseconds; None elsewhere."""

WINDOW_SECONDS = {"single_stream": 1.0, "offline": 10.0, "server": 10.0}
WINDOW_SAMPLES = 65_536
CLOCK_READINGS = 200


@dataclass
class Window:
    """Samples of one window: epoch milliseconds at which each was complete, and its latency."""

    times_ms: list[float]
    latencies_ms: list[float]


class Arrivals:
    """A Poisson process on the clock of perf_counter."""

    def __init__(self, start: float, per_second: float, seed: int) -> None:
        self._random = random.Random(seed)
        self._per_second = per_second
        self.next = start
        self.take()

    def take(self) -> float:
        """The next arrival; goes on to the one after it."""
        arrival = self.next
        self.next += self._random.expovariate(self._per_second)
        return arrival


def warm_up(infer: Inference, task: Task, alive: Callable[[], None]) -> float:
    """Inferences that do not count, at most `max_seconds` of them. Returns milliseconds; `alive` is called each second."""
    started = time.perf_counter()
    deadline = started + task.max_seconds
    said = started
    for _ in range(task.warmup_iterations):
        infer()
        now = time.perf_counter()
        if now >= deadline:
            break
        if now - said >= 1:
            alive()
            said = time.perf_counter()
    return (time.perf_counter() - started) * 1000


def measure_windows(infer: Inference, task: Task, hand_on: Callable[[Window], None]) -> float:
    """Windows until there are `iterations` samples or `max_seconds` are over, with `hand_on` between them.

    Returns:
        seconds spent inside of windows
    """
    epoch_ms = time.time() * 1000 - time.perf_counter() * 1000
    measured = 0.0
    collected = 0
    arrivals = Arrivals(time.perf_counter(), task.target_qps or 1, task.seed + 1) if task.scenario == "server" else None
    paused_at = time.perf_counter()
    while collected < task.iterations and measured < task.max_seconds:
        limit = min(WINDOW_SAMPLES, task.iterations - collected)
        ends = array("d", bytes(8 * limit))
        latencies = array("d", bytes(8 * limit))
        started = time.perf_counter()
        deadline = started + min(WINDOW_SECONDS[task.scenario], task.max_seconds - measured)
        if arrivals is None:
            samples = _back_to_back(infer, ends, latencies, limit, deadline)
        else:
            arrivals.next += started - paused_at
            samples = _on_arrival(infer, arrivals, ends, latencies, limit, deadline)
        paused_at = time.perf_counter()
        measured += paused_at - started
        collected += samples
        hand_on(Window([epoch_ms + end * 1000 for end in ends[:samples]], list(latencies[:samples])))
    return measured


def _back_to_back(infer: Inference, ends: array[float], latencies: array[float], limit: int, deadline: float) -> int:
    """One after the other until `limit` samples or the deadline; the inference that crosses it counts."""
    clock = time.perf_counter
    samples = 0
    while True:
        started = clock()
        of_device = infer()
        ended = clock()
        ends[samples] = ended
        latencies[samples] = (ended - started) * 1000 if of_device is None else of_device
        samples += 1
        if samples >= limit or ended >= deadline:
            return samples


def _on_arrival(
    infer: Inference, arrivals: Arrivals, ends: array[float], latencies: array[float], limit: int, deadline: float
) -> int:
    """At given arrivals, first come first served; the latency runs from the scheduled arrival."""
    samples = 0
    ended = time.perf_counter()
    while samples < limit and ended < deadline and arrivals.next < deadline:
        scheduled = arrivals.take()
        _until(scheduled)
        infer()
        ended = time.perf_counter()
        ends[samples] = ended
        latencies[samples] = (ended - scheduled) * 1000
        samples += 1
    if samples < limit:
        _until(deadline)
    return samples


def _until(moment: float) -> None:
    """Sleeps for the most part and looks at the clock for the rest."""
    while (left := moment - time.perf_counter()) > 0:
        if left > 0.003:
            time.sleep(left - 0.002)


def clock_step_ms() -> float:
    """By how much two readings of the clock differ at least, where they differ."""
    step = float("inf")
    for _ in range(CLOCK_READINGS):
        before = time.perf_counter()
        after = time.perf_counter()
        while after == before:
            after = time.perf_counter()
        step = min(step, after - before)
    return step * 1000
