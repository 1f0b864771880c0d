"""`batch_sizes: auto`: which batch sizes are worth measuring on a device."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_BATCH_SIZE = 4096
MIN_GAIN = 1.1
"""The throughput that a size must have over the best smaller one. Twice the batch can bring twice the throughput; what brings
less than a tenth more makes each item wait twice as long for nearly nothing. A tenth is also more than the median of a usual
measurement moves."""
SIZES_WITHOUT_GAIN = 2
"""That end the search: one size that was disturbed while it was measured does not."""
MEMORY_ROOM = 0.9
"""Of the memory that is there, the share that a size may be expected to need."""


@dataclass
class BatchSearch:
    """Doubles from 1 up to the knee of the throughput curve, or to the limit of memory or time.

    The sizes are powers of two, so that each is the same series in every run; a run that ends a size earlier or later changes no
    series. Nothing here reads a clock or draws numbers: the same measurements lead to the same sizes.
    """

    memory_limit_mb: float | None
    max_seconds: float
    reason: str = ""
    """Why the search ended."""
    _sizes: list[int] = field(default_factory=list)
    _throughputs: list[float] = field(default_factory=list)
    _memory_mb: list[float] = field(default_factory=list)

    def measured(self, batch_size: int, latency_ms: float, memory_mb: float) -> None:
        """The median latency of a batch, and the highest memory so far."""
        self._sizes.append(batch_size)
        self._throughputs.append(batch_size * 1000 / max(latency_ms, 1e-9))
        self._memory_mb.append(memory_mb)

    def next(self) -> int | None:
        """The size to measure now; None when the search has ended."""
        if not self._sizes:
            return 1
        size = self._sizes[-1] * 2
        self.reason = self._why_not(size)
        return None if self.reason else size

    def _why_not(self, size: int) -> str:
        knee = self._knee()
        if len(self._sizes) - 1 - knee >= SIZES_WITHOUT_GAIN:
            return f"the knee of the throughput curve is at batch size {self._sizes[knee]}"
        needed = self._expected_memory_mb()
        if self.memory_limit_mb is not None and needed > self.memory_limit_mb * MEMORY_ROOM:
            room = f"and {self.memory_limit_mb:.0f} MB are there"
            return f"batch size {size} is expected to need {needed:.0f} MB, {room}"
        if size / self._throughputs[-1] > self.max_seconds:
            return f"one batch of {size} is expected to take longer than max_seconds ({self.max_seconds:g})"
        return f"{MAX_BATCH_SIZE} is the largest that is tried" if size > MAX_BATCH_SIZE else ""

    def _knee(self) -> int:
        """The place of the largest size that gained enough over all smaller ones."""
        knee = 0
        for place in range(1, len(self._sizes)):
            if self._throughputs[place] >= max(self._throughputs[:place]) * MIN_GAIN:
                knee = place
        return knee

    def _expected_memory_mb(self) -> float:
        """What grows with the batch doubles with it: the last step, twice, on top of what is used."""
        if len(self._memory_mb) < 2:
            return self._memory_mb[-1]
        return self._memory_mb[-1] + 2 * max(0.0, self._memory_mb[-1] - self._memory_mb[-2])
