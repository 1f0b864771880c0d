"""From the forward pass to equal outputs: a type is exported, run in ONNX Runtime, and compared."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from .build import build_by_recipe
from .onnx_file import save_onnx
from .onnx_outputs import input_names, run_onnx
from .reached import STAGES, Reached
from .recipe import Recipe, recipe_from_json
from .ties import draw_constant_weights, indeterminate
from .traced import export_traced, export_traced_by_fx

WAYS = ("transformers", "plain kernels", "traced", "traced by fx")
"""Exporters lose masks of the fast attention, so the plain one is tried after it; tracing is for models that branch on values."""
TRACERS = {"traced": export_traced, "traced by fx": export_traced_by_fx}
OPSET = 18
WAY_CPU_SECONDS = 40
TOLERANCE = 1e-4
"""Largest relative difference at which two runtimes are called equal; the research page found nothing between 1e-4 and gross ones."""


def export_and_compare(reached: Reached, program: list[str] | None) -> None:
    """By each way until the outputs are equal. The way that worked is stored, and tried first the next time."""
    recipe = recipe_from_json(reached.recipe or {})
    ways = [way for way in WAYS if not (way == "plain kernels" and recipe.attention == recipe.experts == "eager")]
    if recipe.export is not None:
        ways = [recipe.export, *(way for way in ways if way != recipe.export)]
    best: tuple[int, str, float | None, Exception] | None = None
    while ways:
        way = ways.pop(0)
        reached.stage, reached.difference = "forward", None
        try:
            with limited(WAY_CPU_SECONDS):
                _export_by(way, reached, recipe, program)
        except MemoryError:
            raise
        except Exception as cause:
            gc.collect()
            if isinstance(cause, TimeoutError):
                # The plain kernels take as long.
                ways = [each for each in ways if each in TRACERS]
            far = STAGES.index(reached.stage)
            if best is None or far > best[0]:
                best = (far, reached.stage, reached.difference, cause)
            continue
        stored = replace(recipe, export=None if way == WAYS[0] else way)
        reached.recipe = stored.as_json()
        return
    assert best is not None
    _, reached.stage, reached.difference, cause = best
    raise cause


def _export_by(way: str, reached: Reached, recipe: Recipe, program: list[str] | None) -> None:
    from transformers.exporters.utils import get_leaf_tensors, onnx_feed

    if way != WAYS[0]:
        recipe = replace(recipe, attention="eager", experts="eager")
    built = build_by_recipe(reached.type, recipe, size="tiny", seed=1)
    draw_constant_weights(built.model)
    inputs = {name: each.detach() if isinstance(each, torch.Tensor) else each for name, each in built.inputs(1).items()}
    torch.manual_seed(0)
    with torch.no_grad():
        expected = get_leaf_tensors(built.model(**inputs))
    # An exporter adds to the inputs what it computes outside of the graph.
    sample = dict(inputs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        if way in TRACERS:
            TRACERS[way](built.model, sample, path, OPSET)
        else:
            _export_by_transformers(built.model, sample, path)
        reached.stage = "export"
        reached.onnx_bytes = sum(os.path.getsize(p) for p in Path(folder).iterdir())
        outputs = run_onnx(path, onnx_feed(input_names(path), sample), program)
    results = {name.removeprefix("output."): array for name, array in outputs.items()}
    reached.stage = "onnxruntime"
    wanted = {name: tensor for name, tensor in expected.items() if tensor.is_floating_point()}
    missing = [name for name in wanted if name not in results]
    if missing:
        raise RuntimeError(f"the exported model lacks the outputs {', '.join(missing)}")
    reached.difference = difference(list(wanted.values()), [torch.tensor(results[name]) for name in wanted])
    if reached.difference > TOLERANCE:
        reasons = indeterminate(lambda: built.model(**inputs))
        raise RuntimeError(
            f"the exported model's outputs differ from PyTorch's by {reached.difference:.2g} of their range"
            + (f": {', '.join(reasons)}" if reasons else "")
        )
    reached.stage = "equal"


def _export_by_transformers(model: Any, sample: dict[str, Any], path: Path) -> None:
    from transformers.exporters import OnnxConfig, OnnxExporter

    save_onnx(OnnxExporter().export(model, sample, OnnxConfig(dynamic=False)), path)


@contextmanager
def limited(cpu_seconds: float) -> Iterator[None]:
    """Ends what runs inside after that much processor time. @raise TimeoutError"""

    over = TimeoutError(f"more than {cpu_seconds:.0f} s of processor time")

    def end(*_: object) -> None:
        raise over

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    started = time.process_time()
    try:
        yield
    except Exception as cause:
        # An exporter wraps what is raised inside it.
        if time.process_time() - started < cpu_seconds:
            raise
        raise over from cause
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


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
