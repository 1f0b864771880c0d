"""How far a type comes on a CPU at the size tiny: config, model, forward, export, onnxruntime, equal."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from .build import Built, build_by_recipe
from .find import Failure, find_recipe
from .inputs.facts import DEFAULTS
from .recipe import recipe_from_json, stored_recipes
from .workload import known_workload

STAGES = ("none", "config", "model", "forward", "export", "onnxruntime", "equal")
# Largest relative difference at which two runtimes are called equal; the research page found nothing between 1e-4 and gross ones.
TOLERANCE = 1e-4


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


def reach(
    model_type: str, *, export: bool, search: bool, seconds: float = 60, profile: bool = False
) -> Reached:  # fmt: skip
    """Takes the type as far as it comes. Run it in a process of its own: models crash, hang and grow."""
    reached = Reached(model_type, versions=installed_versions())
    started = time.process_time()
    try:
        _forward(reached, search=search, seconds=seconds)
        # Of the forward passes; counting needs memory of its own.
        reached.peak_memory_mb = _peak_memory_mb()
        if profile:
            recipe = recipe_from_json(reached.recipe or {})
            reached.workloads = {size: known_workload(reached.type, recipe, size=size) for size in DEFAULTS}
        if export:
            _export(reached)
    except Failure as failure:
        reached.stage, reached.reason = failure.stage, failure.reason
    except Exception as cause:
        reached.reason = _words(cause)
    reached.cpu_seconds = round(time.process_time() - started, 3)
    if export or reached.peak_memory_mb == 0:
        reached.peak_memory_mb = _peak_memory_mb()
    return reached


def _peak_memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@cache
def installed_versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "transformers", "onnxruntime") if find_spec(name) is not None}


def _words(cause: BaseException) -> str:
    text = " ".join(f"{type(cause).__name__}: {cause}".split())
    return text if len(text) <= 300 else f"{text[:300]} …"


def _forward(reached: Reached, *, search: bool, seconds: float) -> None:
    recipe = None if search else stored_recipes().get(reached.type)
    if recipe is None:
        recipe = find_recipe(reached.type, cpu_seconds=seconds)
    reached.stage = "config"
    built = build_by_recipe(reached.type, recipe, size="tiny", seed=1)
    reached.recipe = recipe.as_json()
    reached.stage = "model"
    reached.parameters, reached.dimensions = built.parameters, built.dimensions
    reached.model_class, reached.kind = built.model_class, built.kind
    first, second = tensors_in(run(built, 1)), tensors_in(run(built, 1))
    if not first:
        raise RuntimeError("forward gives no tensors")
    if len(first) != len(second) or not all(
        torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) for a, b in zip(first, second, strict=True)
    ):
        raise RuntimeError("two runs with the same inputs differ")
    reached.stage = "forward"
    try:
        run(built, 2)
        reached.batch = True
    except Exception:
        reached.batch = False


def run(built: Built, batch_size: int) -> Any:
    inputs = built.inputs(batch_size)
    torch.manual_seed(0)
    with torch.no_grad():
        return built.model(**inputs)


def tensors_in(output: Any) -> list[torch.Tensor]:
    """All tensors of an output, in its order."""
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)):
        return [tensor for each in output for tensor in tensors_in(each)]
    return []


def _export(reached: Reached) -> None:
    import onnxruntime
    from transformers.exporters import OnnxConfig, OnnxExporter

    from .onnx_file import save_onnx

    reached.export = True
    recipe = recipe_from_json(reached.recipe or {})
    built = build_by_recipe(reached.type, recipe, size="tiny", seed=1)
    inputs = built.inputs(1)
    torch.manual_seed(0)
    with torch.no_grad():
        expected = [t for t in tensors_in(built.model(**inputs)) if t.is_floating_point()]
    exported = OnnxExporter().export(built.model, dict(inputs), OnnxConfig(dynamic=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        save_onnx(exported, path)
        reached.stage = "export"
        reached.onnx_bytes = sum(os.path.getsize(p) for p in Path(folder).iterdir())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        wanted = {i.name for i in session.get_inputs()}
        flat = {name: tensor.numpy() for name, tensor in inputs.items() if isinstance(tensor, torch.Tensor)}
        results = session.run(None, {name: flat[name] for name in wanted})
    reached.stage = "onnxruntime"
    got = [torch.from_numpy(r) for r in results if r.dtype.kind == "f"]
    reached.difference = difference(expected, got)
    if reached.difference > TOLERANCE:
        raise RuntimeError(
            f"the exported model's outputs differ from PyTorch's by {reached.difference:.2g} of their range"
        )
    reached.stage = "equal"


def difference(expected: list[torch.Tensor], got: list[torch.Tensor]) -> float:
    """The largest absolute difference of any output, relative to that output's largest value; infinite values must be in the same places."""
    if len(expected) > len(got):
        raise RuntimeError(f"{len(got)} outputs instead of {len(expected)}")
    worst = 0.0
    for want, have in zip(expected, got, strict=False):
        want, have = want.double(), have.double()
        if want.shape != have.shape:
            raise RuntimeError(f"an output has the shape {list(have.shape)} instead of {list(want.shape)}")
        finite = torch.isfinite(want)
        if not torch.equal(finite, torch.isfinite(have)):
            return float("inf")
        if finite.any():
            scale = want[finite].abs().max().item()
            worst = max(worst, (want[finite] - have[finite]).abs().max().item() / max(scale, 1e-12))
    return worst
