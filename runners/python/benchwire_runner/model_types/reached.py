"""What a run found of one type."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STAGES = ("none", "config", "model", "forward", "export", "onnxruntime", "equal")


@dataclass
class Reached:
    """The last stage that a type passed, and why it did not pass the next one."""

    type: str
    stage: str = "none"
    reason: str = ""
    recipe: dict[str, Any] | None = None
    parameters: int | None = None
    dimensions: dict[str, int] = field(default_factory=dict)
    model_class: str | None = None
    kind: str | None = None
    batch: bool | None = None
    # Whether the stages after forward were tried.
    export: bool = False
    onnx_bytes: int | None = None
    difference: float | None = None
    # By size, where they were asked for: see workload.py.
    workloads: dict[str, dict[str, Any]] | None = None
    cpu_seconds: float = 0.0
    peak_memory_mb: int = 0
    # Releases of the packages, by name.
    versions: dict[str, str] = field(default_factory=dict)
