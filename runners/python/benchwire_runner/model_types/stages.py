"""How far a type comes on a CPU at the size tiny: config, model, forward, export, onnxruntime, equal."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
    # `eager` where the export is equal with the plain attention only.
    export_attention: str | None = None
    # By size, where they were asked for: see workload.py.
    workloads: dict[str, dict[str, Any]] | None = None
    cpu_seconds: float = 0.0
    peak_memory_mb: int = 0
    # Releases of the packages, by name.
    versions: dict[str, str] = field(default_factory=dict)


def reach(
    model_type: str, *, export: bool, search: bool, seconds: float = 60, profile: bool = False,
    progress: Callable[[Reached], None] | None = None,
) -> Reached:  # fmt: skip
    """Takes the type as far as it comes. Run it in a process of its own: models crash, hang and grow.

    @param progress: called after the forward pass, with what is known then
    """
    reached = Reached(model_type, versions=installed_versions())
    started = time.process_time()
    try:
        _forward(reached, search=search, seconds=seconds)
        # Of the forward passes; counting needs memory of its own.
        reached.peak_memory_mb = _peak_memory_mb()
        if profile:
            recipe = recipe_from_json(reached.recipe or {})
            reached.workloads = {}
            for size in DEFAULTS:
                if progress is not None:
                    progress(reached)
                reached.workloads[size] = known_workload(reached.type, recipe, size=size)
        reached.cpu_seconds = round(time.process_time() - started, 3)
        reached.export = export
        if progress is not None:
            progress(reached)
        if export:
            _export_either_way(reached)
    except Failure as failure:
        reached.stage, reached.reason = failure.stage, failure.reason
    except Exception as cause:
        reached.reason = _words(cause)
    reached.cpu_seconds = round(time.process_time() - started, 3)
    # What is placed by it measures, and does not export.
    if reached.peak_memory_mb == 0:
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


def _export_either_way(reached: Reached) -> None:
    """With the attention that runs, else with the plain one: exporters lose masks of the fast one."""
    attention = recipe_from_json(reached.recipe or {}).attention
    try:
        _export(reached, attention)
        return
    except Exception as cause:
        if attention == "eager":
            raise
        first, stage, how_far = cause, reached.stage, reached.difference
    try:
        _export(reached, "eager")
        reached.export_attention = "eager"
    except Exception as cause:
        if STAGES.index(reached.stage) <= STAGES.index(stage):
            reached.stage, reached.difference = stage, how_far
            raise first from cause
        raise


def _export(reached: Reached, attention: str | None) -> None:
    import onnxruntime
    from transformers.exporters import OnnxConfig, OnnxExporter
    from transformers.exporters.utils import get_leaf_tensors, onnx_feed

    from .onnx_file import save_onnx

    recipe = replace(recipe_from_json(reached.recipe or {}), attention=attention)
    built = build_by_recipe(reached.type, recipe, size="tiny", seed=1)
    inputs = {name: each.detach() if isinstance(each, torch.Tensor) else each for name, each in built.inputs(1).items()}
    torch.manual_seed(0)
    with torch.no_grad():
        expected = get_leaf_tensors(built.model(**inputs))
    # The exporter adds to the inputs what it computes outside of the graph.
    sample = dict(inputs)
    exported = OnnxExporter().export(built.model, sample, OnnxConfig(dynamic=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        save_onnx(exported, path)
        reached.stage = "export"
        reached.onnx_bytes = sum(os.path.getsize(p) for p in Path(folder).iterdir())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        feed = onnx_feed([each.name for each in session.get_inputs()], sample)
        names = [each.name.removeprefix("output.") for each in session.get_outputs()]
        results = dict(zip(names, session.run(None, feed), strict=True))
    reached.stage = "onnxruntime"
    wanted = {name: tensor for name, tensor in expected.items() if tensor.is_floating_point()}
    missing = [name for name in wanted if name not in results]
    if missing:
        raise RuntimeError(f"the exported model lacks the outputs {', '.join(missing)}")
    reached.difference = difference(list(wanted.values()), [torch.from_numpy(results[name]) for name in wanted])
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
