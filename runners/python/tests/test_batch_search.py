"""Which batch sizes `auto` measures. Pure: a curve of latencies stands for the device."""

from collections.abc import Callable

import pytest

from benchwire_runner.batch_search import MAX_BATCH_SIZE, BatchSearch


def searched(
    latency_ms: Callable[[int], float], *, memory_mb: Callable[[int], float] = lambda _: 100.0, limit: float | None = None, seconds: float = 60
) -> tuple[list[int], str]:  # fmt: skip
    search = BatchSearch(limit, seconds)
    sizes = []
    while (size := search.next()) is not None:
        sizes.append(size)
        search.measured(size, latency_ms(size), memory_mb(size))
    return sizes, search.reason


@pytest.mark.parametrize("knee", [1, 2, 8, 64])
def test_it_doubles_two_sizes_beyond_the_knee(knee: int) -> None:
    sizes, reason = searched(lambda size: 10.0 * max(1, size / knee))
    assert sizes == [2**power for power in range((4 * knee).bit_length())]
    assert reason == f"the knee of the throughput curve is at batch size {knee}"


def test_one_disturbed_size_does_not_end_it() -> None:
    disturbed = {4: 50.0}
    sizes, _ = searched(lambda size: disturbed.get(size, 10.0 * max(1, size / 16)))
    assert sizes[-1] == 64


def test_a_gain_of_less_than_a_tenth_each_time_is_no_gain() -> None:
    sizes, reason = searched(lambda size: 10.0 * size / 1.04 ** (size.bit_length()))
    assert sizes == [1, 2, 4]
    assert reason.endswith("batch size 1")


def test_memory_that_a_size_is_expected_to_need_ends_it_before() -> None:
    sizes, reason = searched(lambda _: 10.0, memory_mb=lambda size: 100.0 + 10 * size, limit=300)
    # 16 needs 260 of 300, 32 is expected to need 420.
    assert sizes[-1] == 16
    assert "expected to need" in reason and "300 MB" in reason


def test_a_batch_that_takes_longer_than_the_window_is_not_begun() -> None:
    sizes, reason = searched(lambda size: 1000.0 + size, seconds=1.5)
    assert sizes == [1]
    assert "max_seconds" in reason


def test_there_is_a_largest_size() -> None:
    sizes, reason = searched(lambda _: 10.0)
    assert sizes[-1] == MAX_BATCH_SIZE
    assert "largest" in reason


def test_the_same_measurements_lead_to_the_same_sizes() -> None:
    assert searched(lambda size: 3.0 + size) == searched(lambda size: 3.0 + size)
