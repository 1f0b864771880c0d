"""Several instances at once, with a backend that needs no library."""

import os
import signal
from typing import Any

import fake_backend
import pytest
from test_measure import task

from benchwire_runner.errors import TaskFailure
from benchwire_runner.instances import Samples
from benchwire_runner.together import mix_metrics, mix_note, start_together


def started(spawn: Any = None, **options: Any) -> Any:
    asked = {"intra_op_num_threads": 1, **options}
    return start_together(fake_backend, task(model="ok", iterations=20, options=asked), lambda _: None, spawn)


def test_one_model_alone_needs_no_instance() -> None:
    assert started() is None
    assert started(concurrency=[], mix=[]) is None


def test_streams_run_at_the_same_time_and_only_what_ended_while_all_ran_counts() -> None:
    together = started(concurrency=[2, 3])
    two, three = together.streams_of(1, 0.3)
    together.instances.end()
    assert [two["streams"], three["streams"]] == [2, 3]
    assert len(three["latencies_ms"]) == 3
    for measured in (two, three):
        assert measured["measured_seconds"] > 0
        assert all(latencies and min(latencies) >= 0.2 for latencies in measured["latencies_ms"])
        # An instance does one inference at a time.
        assert all(sum(latencies) <= measured["measured_seconds"] * 1000 * 1.01 for latencies in measured["latencies_ms"])  # fmt: skip


def test_a_mix_runs_each_model_alone_and_all_together() -> None:
    together = started(mix=["other"])
    metrics = {each["metric"]: each["values"] for each in together.mix_of(4)}
    together.instances.end()
    assert set(metrics) == {"mix_speedup", "mix_items_per_second", "mix_slowdown", "mix_slowdown_of_other"}
    assert all(1 <= len(values) <= 5 and min(values) > 0 for values in metrics.values())


def test_an_instance_that_is_killed_or_fails_ends_the_task_with_the_reason() -> None:
    together = started(concurrency=[2])
    [first, _] = together.instances._all
    os.kill(first.pid, signal.SIGKILL)
    with pytest.raises(TaskFailure, match="killed"):
        together.streams_of(1, 0.1)
    together.instances.end()
    together = started(mix=["unknown"])
    with pytest.raises(TaskFailure, match="unknown") as failed:
        together.mix_of(1)
    assert failed.value.code == "MODEL_UNKNOWN"
    together.instances.end()


def of(latency_ms: float, count: int) -> Samples:
    return Samples([100 + latency_ms * (place + 1) / 1000 for place in range(count)], [latency_ms] * count)


def test_the_speed_up_of_a_mix_is_over_one_after_the_other() -> None:
    # Alone 10 and 20 ms; together 20 and 20: in 2 s a hundred of each, which take 1 s and 2 s one after the other.
    rounds = [([of(10, 50), of(20, 50)], [of(20, 100), of(20, 100)])]
    metrics = {each["metric"]: each["values"] for each in mix_metrics(["a", "b"], 3, rounds)}
    assert metrics["mix_speedup"] == [pytest.approx(1.5)]
    assert metrics["mix_items_per_second"] == [pytest.approx(300)]
    assert metrics["mix_slowdown"] == [pytest.approx(2)]
    assert metrics["mix_slowdown_of_b"] == [pytest.approx(1)]


def test_a_speed_up_that_cannot_be_is_noted() -> None:
    assert mix_note([{"values": [1.9]}], 2) is None
    assert "held up" in (mix_note([{"values": [5.0]}], 2) or "")
    assert mix_note([], 2) is None
