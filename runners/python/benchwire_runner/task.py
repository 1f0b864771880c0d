"""A task as the worker sends it; shared/contracts/runner.ts is its contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Limits:
    """None for no limit."""

    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    memory_mb: float | None = None


@dataclass(frozen=True)
class Task:
    """One task, of one model on one device."""

    id: str
    model: str
    device: str
    """`cpu`, `cuda`, `rocm`, `mps`, `xpu`: of the devices of the class the first that `variables` show."""
    batch_sizes: list[int] | None
    """None for `auto`: see batch_search.py."""
    precision: str
    seed: int
    scenario: str
    iterations: int
    warmup_iterations: int
    max_seconds: float
    target_qps: float | None
    options: dict[str, Any] = field(default_factory=dict)
    """Of one backend: `size`, `task`, `mode`, `dimensions` …"""
    variables: dict[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    message: dict[str, Any] = field(default_factory=dict)
    """What it was read from, for processes that are started rather than forked."""

    @staticmethod
    def read(message: dict[str, Any]) -> Task:
        """Out of a message of type `task`.

        Raises:
            KeyError, TypeError: when it is no such message
        """
        measure = message["measure"]
        limits = message["limits"]
        return Task(
            id=message["id"],
            model=message["model"],
            device=message["device"],
            batch_sizes=None if message["batch_sizes"] == "auto" else list(message["batch_sizes"]),
            precision=message["precision"],
            seed=message["seed"],
            scenario=measure["scenario"],
            iterations=measure["iterations"],
            warmup_iterations=measure["warmup_iterations"],
            max_seconds=measure["max_seconds"],
            target_qps=measure["target_qps"],
            options=dict(message["options"]),
            variables=dict(message["variables"]),
            limits=Limits(limits["wall_seconds"], limits["cpu_seconds"], limits["memory_mb"]),
            message=message,
        )
