"""What is measured with several instances: streams of one model, and a mix of different ones."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .backends import Backend
from .instances import Instances, Samples
from .processes import cores
from .task import Task

ROUNDS = 5
"""Of a mix: each alone and then all together, so many times, so that a drift of the machine meets both alike."""
MIN_ROUND_SECONDS = 0.2
BEYOND_LINEAR = 1.1
"""As in services/worker/src/executors/samples/summary.ts."""


@dataclass
class Together:
    """The instances of a task: those of streams, and those of a mix."""

    task: Task
    streams: list[int]
    mix: list[str]
    instances: Instances

    def streams_of(self, batch_size: int, seconds: float) -> list[dict[str, Any]]:
        """Each number of streams for as long as the one stream was measured: see `StreamsMeasured` in the protocol."""
        return [self._stream(count, batch_size, seconds) for count in self.streams]

    def _stream(self, count: int, batch_size: int, seconds: float) -> dict[str, Any]:
        places = range(count)
        threads = self._threads(count)
        self.instances.prepare(places, batch_size, threads)
        samples = self.instances.run(places, min(seconds, self.task.max_seconds), threads)
        return {
            "streams": count,
            "latencies_ms": [each.latencies_ms for each in samples],
            "measured_seconds": _span(samples),
        }

    def mix_of(self, batch_size: int) -> list[dict[str, Any]]:
        """Metrics of the mix, a value for each round; empty where the task has none."""
        if not self.mix:
            return []
        models = [self.task.model, *self.mix]
        # Those of the streams come first.
        first = max(self.streams, default=0)
        places = [first + place for place in range(len(models))]
        # The same threads alone and together: what is compared is one model with and without the others.
        threads = self._threads(len(models))
        self.instances.prepare(places, batch_size, threads)
        seconds = self._round_seconds(places, threads)
        rounds = []
        for _ in range(ROUNDS):
            alone = [self.instances.run([place], seconds, threads)[0] for place in places]
            rounds.append((alone, self.instances.run(places, seconds, threads)))
        return mix_metrics(models, batch_size, rounds)

    def _round_seconds(self, places: Sequence[int], threads: int | None) -> float:
        """Long enough for `iterations` of the slowest in all rounds, within `max_seconds` of all of them together."""
        slowest = max(
            statistics.median(self.instances.run([place], 0, threads)[0].latencies_ms) / 1000 for place in places
        )
        wanted = max(MIN_ROUND_SECONDS, slowest * self.task.iterations / ROUNDS)
        return min(wanted, self.task.max_seconds / (ROUNDS * (len(places) + 1)))

    def _threads(self, count: int) -> int | None:
        """On a CPU the cores are shared out: n times the threads of one would only wait for each other."""
        asked: int | None = self.task.options.get("intra_op_num_threads")
        return asked if asked is not None or self.task.device != "cpu" else max(1, cores() // count)


def start_together(
    backend: Backend, task: Task, alive: Callable[[str], None], spawn: tuple[str, Callable[[str], bytes]] | None
) -> Together | None:  # fmt: skip
    """The instances that a task needs; None where it measures one model alone."""
    streams: list[int] = sorted(task.options.get("concurrency") or [])
    mix: list[str] = list(task.options.get("mix") or [])
    models = [task.model] * max(streams, default=0) + ([task.model, *mix] if mix else [])
    if not models:
        return None
    tasks = [replace(task, model=model) for model in models]
    # What is asked of the task's own model may not be there in another.
    tasks = [each if each.model == task.model else replace(each, options={**each.options, **FREE}) for each in tasks]
    spawned = None if spawn is None else (spawn[0], [spawn[1](model) for model in models])
    return Together(task, streams, mix, Instances(backend, tasks, alive, spawned))


FREE: dict[str, Any] = {"task": None, "dimensions": {}}


def mix_metrics(
    models: Sequence[str], batch_size: int, rounds: Sequence[tuple[Sequence[Samples], Sequence[Samples]]]
) -> list[dict[str, Any]]:
    """`mix_speedup` is the time that the work of a round takes one after the other, over the time that it takes together: the
    sum of each model's rate together over its rate alone (system throughput, Eyerman and Eeckhout, IEEE Micro 28(3), 2008).
    A slowdown is the median latency together over that alone, of each model (their normalized turnaround time)."""
    rates = []
    slowdowns: list[list[float]] = [[] for _ in models]
    totals = []
    for alone, together in rounds:
        seconds = _span(together)
        if seconds <= 0 or any(not each.latencies_ms for each in [*alone, *together]):
            continue
        done = [len(each.latencies_ms) for each in together]
        totals.append(sum(done) * batch_size / seconds)
        # Alone, an inference begins when the one before it ends: so many take this long.
        taken = [statistics.fmean(each.latencies_ms) / 1000 * count for each, count in zip(alone, done, strict=True)]
        rates.append(sum(taken) / seconds)
        for place, (one, all_) in enumerate(zip(alone, together, strict=True)):
            slowdowns[place].append(statistics.median(all_.latencies_ms) / statistics.median(one.latencies_ms))
    if not totals:
        return []
    names = ["mix_slowdown", *(f"mix_slowdown_of_{model}" for model in models[1:])]
    return [
        {"metric": "mix_speedup", "unit": "x", "better": "higher", "values": rates},
        {"metric": "mix_items_per_second", "unit": "items/s", "better": "higher", "values": totals},
        *(
            {"metric": name, "unit": "x", "better": "lower", "values": values}
            for name, values in zip(names, slowdowns, strict=True)
        ),
    ]


def mix_note(metrics: Sequence[dict[str, Any]], count: int) -> str | None:
    """Why a speed-up that a mix of so many models cannot have is not one."""
    speedup = statistics.median(metrics[0]["values"]) if metrics else 0.0
    if speedup <= count * BEYOND_LINEAR:
        return None
    return f"mix_speedup: {count} models cannot do {speedup:.3g} times what they do one after the other: they were held up while they were alone"


def _span(samples: Sequence[Samples]) -> float:
    """From the common start to the last end that counts; an instance begins its next inference when one ends."""
    starts = [each.ends[0] - each.latencies_ms[0] / 1000 for each in samples if each.ends]
    ends = [each.ends[-1] for each in samples if each.ends]
    return max(ends) - min(starts) if ends else 0.0
