"""What measures with one library. A backend is a module: see `Backend`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from ..measure import Inference
from ..task import Task

BACKENDS = {
    "torch": "benchwire_runner.backends.torch_backend",
    "export": "benchwire_runner.backends.export_backend",
    "openvino": "benchwire_runner.backends.openvino_backend",
}


@dataclass
class Loaded:
    """A model that is ready to be measured."""

    facts: dict[str, Any]
    """Goes into the outcome's environment: what was built, from what, with which sizes."""
    timings: dict[str, float]
    """Milliseconds by phase: `build_ms`, `load_ms` …"""
    inference: Callable[[int], Inference]
    """Of a batch size. Preparing inputs is done before it returns."""
    device_memory_mb: Callable[[], float | None] = lambda: None
    """Highest memory of the device so far; None where the device's memory is the process's own."""
    prove: Callable[[], None] = lambda: None
    """Called after the first run. Raises TaskFailure where something else than the device that was asked for has run."""
    compile_ms: Callable[[], float | None] = lambda: None
    """Of the first run of a batch size, what was compiling; None where nothing is compiled."""
    set_threads: Callable[[int], None] = lambda _: None
    """How many threads of the processor it may use from now on; called before `inference`."""
    available_memory_mb: Callable[[], float | None] = lambda: None
    """What the device can still give; None where its memory is the machine's."""
    metrics: Callable[[int], list[dict[str, Any]]] = lambda _: []
    """More that was measured with a batch size: metric, unit, better, and a value for each time."""
    notes: list[str] = field(default_factory=list)


class Backend(Protocol):
    """The functions of a backend's module."""

    def load(self) -> dict[str, str]:
        """Imports its libraries, in the parent, which never touches a device. Returns versions by library."""

    def devices(self) -> list[dict[str, Any]]:
        """What the library can use here: class, name, precisions. Only in a process that does nothing else."""

    def warm(self, model: str) -> None:
        """Imports, in the parent, what only this model needs, so that no task of it imports that again. Touches no device, builds
        nothing, and leaves every error to `prepare`. Only torch has `measure_startup` beside it (torch_startup.py)."""

    def prepare(self, task: Task, progress: Callable[[str], None]) -> Loaded:
        """Builds the model, in the process of the task. A backend that measures nothing has `work(task, reporter)` in its place."""


def backend_of(name: str) -> Backend:
    """The backend of that name, or the module of that name (tests bring their own).

    Raises:
        ImportError: when there is none
    """
    return cast(Backend, importlib.import_module(BACKENDS.get(name, name)))
