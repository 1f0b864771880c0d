"""How far a type comes on a CPU at the size tiny: config, model, forward, export, onnxruntime, equal."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import torch

from .build import Built, build_by_recipe
from .export_stages import export_and_compare
from .find import Failure, find_recipe
from .inputs.facts import DEFAULTS
from .onnx_outputs import version_of
from .reached import Reached
from .recipe import recipe_from_json, stored_recipes
from .workload import known_workload


def reach(
    model_type: str, *, export: bool, search: bool, seconds: float = 60, profile: bool = False,
    progress: Callable[[Reached], None] | None = None, program: list[str] | None = None,
) -> Reached:  # fmt: skip
    """Takes the type as far as it comes. Run it in a process of its own: models crash, hang and grow.

    @param progress: called after the forward pass, with what is known then
    @param program: runs the exported file instead of ONNX Runtime's Python package (onnx_outputs.py)
    """
    reached = Reached(model_type, versions={**installed_versions(), **(version_of(tuple(program)) if program else {})})
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
            export_and_compare(reached, program)
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
