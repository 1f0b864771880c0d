import time
from typing import Any

import pytest

from benchwire_runner.measure import Arrivals, Window, clock_step_ms, measure_windows, warm_up
from benchwire_runner.task import Limits, Task


def task(**changes: Any) -> Task:
    fields: dict[str, Any] = {
        "id": "x",
        "model": "m",
        "device": "cpu",
        "batch_sizes": [1],
        "precision": "fp32",
        "seed": 42,
        "scenario": "single_stream",
        "iterations": 50,
        "warmup_iterations": 3,
        "max_seconds": 20,
        "target_qps": None,
        "limits": Limits(),
    }
    return Task(**{**fields, **changes})


def test_as_many_samples_as_iterations_in_order_of_time() -> None:
    windows: list[Window] = []
    seconds = measure_windows(lambda: time.sleep(0.001), task(), windows.append)
    times = [each for window in windows for each in window.times_ms]
    latencies = [each for window in windows for each in window.latencies_ms]
    assert len(times) == len(latencies) == 50
    assert times == sorted(times)
    assert min(latencies) >= 1
    assert seconds >= 0.05
    assert abs(times[-1] - time.time() * 1000) < 60_000


def test_the_time_limit_ends_it_before() -> None:
    windows: list[Window] = []
    measure_windows(lambda: time.sleep(0.01), task(iterations=100_000, max_seconds=0.2), windows.append)
    samples = sum(len(window.latencies_ms) for window in windows)
    assert 1 <= samples <= 21


def test_the_clock_of_a_device_goes_before_ours() -> None:
    windows: list[Window] = []
    measure_windows(lambda: 7.5, task(iterations=3), windows.append)
    assert [each for window in windows for each in window.latencies_ms] == [7.5] * 3


def test_latency_of_a_server_counts_from_the_arrival() -> None:
    # Arrivals come every millisecond, and each takes five: the queue grows.
    windows: list[Window] = []
    busy = task(scenario="server", target_qps=1000, iterations=40)
    measure_windows(lambda: time.sleep(0.005), busy, windows.append)
    latencies = [each for window in windows for each in window.latencies_ms]
    assert latencies[-1] > 50 > latencies[0]


def test_arrivals_are_the_same_for_the_same_seed_and_have_the_rate() -> None:
    first, second = Arrivals(0, 100, 7), Arrivals(0, 100, 7)
    times = [first.take() for _ in range(2000)]
    assert times == [second.take() for _ in range(2000)]
    assert times[-1] == pytest.approx(20, rel=0.15)


def test_warm_up_counts_nothing_and_ends_in_time() -> None:
    calls: list[int] = []
    assert warm_up(lambda: calls.append(1), task(warmup_iterations=5), lambda: None) >= 0
    assert len(calls) == 5
    warm_up(lambda: time.sleep(0.02), task(warmup_iterations=10_000, max_seconds=0.1), lambda: None)


def test_the_clock_has_a_step() -> None:
    assert 0 < clock_step_ms() < 20
