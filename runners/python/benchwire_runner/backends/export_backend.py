"""Exports a model type to ONNX, and compares what ONNX Runtime makes of the file with what PyTorch computes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime
import onnxscript
import torch

from ..child import Reporter
from ..errors import TaskFailure
from ..model_types import Built, build
from ..model_types.construct import apply_kernels
from ..task import Task
from . import torch_backend
from .exporters import TRACERS, Exporter, export_by_first, exporters_of, is_open, reason_of, tracers_of
from .torch_backend import tensors_in

SUSPICIOUS = 1e-2
"""A largest difference, relative to the outputs' range, that no rounding explains."""


def load() -> dict[str, str]:
    """Imports what every export needs."""
    import torch.onnx._internal.exporter._core  # noqa: F401
    from transformers.exporters import OnnxExporter  # noqa: F401

    modules = {"onnx": onnx, "onnxscript": onnxscript, "onnxruntime_python": onnxruntime}
    return {**torch_backend.load(), **{name: module.__version__ for name, module in modules.items()}}


devices = torch_backend.devices
warm = torch_backend.warm


def work(task: Task, reporter: Reporter) -> None:
    """Exports to `options["output_path"]`, and reports what was made."""
    options = task.options
    torch.set_num_threads(options.get("intra_op_num_threads") or torch.get_num_threads())
    torch.manual_seed(task.seed)
    reporter.progress("building the model")
    started = time.perf_counter()
    built = build(
        task.model,
        size=options["size"],
        task=options.get("task"),
        seed=task.seed,
        dtype="fp32",
        device="cpu",
        dimensions=options.get("dimensions") or {},
    )
    build_ms = _since(started)
    torch.set_grad_enabled(False)
    path = Path(options["output_path"])
    opset = int(options["opset"])
    made = _made(built, path, opset, reporter.progress, exporters_of(built, path, opset))
    if made.is_off and built.recipe.get("attention") != "eager":
        made = _with_plain_attention(built, path, opset, reporter.progress, made)
    if made.is_off and made.exporter not in TRACERS:
        made = _traced(built, path, opset, reporter.progress, made)
    if made.failure is not None:
        raise made.failure
    timings = {"build_ms": build_ms, "export_ms": made.export_ms}
    facts = {
        "model_class": built.model_class,
        "model_parameters": built.parameters,
        "onnx_opset": made.opset,
        "onnx_exporter": made.exporter,
        **{f"dimension_{name}": value for name, value in built.dimensions.items()},
    }
    reporter.say("loaded", facts=facts, timings=timings, notes=made.notes)
    reporter.say(
        "exported",
        size_bytes=path.stat().st_size,
        batch_sizes=made.batch_sizes,
        relative_error=made.error,
        largest_difference=made.largest,
    )


@dataclass
class Made:
    """An exported file, and how far its outputs are from PyTorch's."""

    exporter: str
    notes: list[str]
    opset: int
    batch_sizes: list[int]
    error: float
    largest: float
    # Without the comparison.
    export_ms: float
    # Where ONNX Runtime does not run the file.
    failure: TaskFailure | None = None

    @property
    def is_off(self) -> bool:
        return self.largest > SUSPICIOUS


def _made(built: Built, path: Path, opset: int, progress: Callable[[str], None], exporters: list[Exporter]) -> Made:
    started = time.perf_counter()
    exporter, notes = export_by_first(built, path, progress, exporters)
    export_ms = _since(started)
    found = _checked(path, opset)
    progress("comparing with PyTorch")
    sizes = [1, 2] if is_open(path) else [1]
    try:
        compared = [_compare(built, path, size) for size in sizes]
    except TaskFailure as failure:
        return Made(exporter, notes, found, sizes, MISMATCH, MISMATCH, export_ms, failure)
    error, largest = (max(each[at] for each in compared) for at in (0, 1))
    return Made(exporter, notes, found, sizes, error, largest, export_ms)


def _with_plain_attention(built: Built, path: Path, opset: int, progress: Callable[[str], None], first: Made) -> Made:
    """Exporters lose masks of the fast attention."""
    apply_kernels(built.model, None, "eager")
    again = path.with_name(f"{path.stem}-eager{path.suffix}")
    return _better(first, built, path, again, opset, progress, exporters_of(built, again, opset), "the plain attention")


def _traced(built: Built, path: Path, opset: int, progress: Callable[[str], None], first: Made) -> Made:
    """What is traced computes in the graph what transformers' exporter computes outside of it."""
    again = path.with_name(f"{path.stem}-traced{path.suffix}")
    return _better(first, built, path, again, opset, progress, tracers_of(built, again, opset), "a tracer")


def _better(
    first: Made, built: Built, path: Path, again_path: Path, opset: int, progress: Callable[[str], None],
    exporters: list[Exporter], name: str,
) -> Made:  # fmt: skip
    """Exports again, and keeps the file whose outputs are nearer to PyTorch's."""
    does = "does not run" if first.failure else f"gives outputs that differ by {first.largest:.2g} of their range"
    progress(f"exporting again with {name}: the first file {does}")
    try:
        again = _made(built, again_path, opset, progress, exporters)
        if again.largest >= first.largest:
            return first
        again_path.replace(path)
    except MemoryError:
        raise
    except Exception:
        return first
    finally:
        again_path.unlink(missing_ok=True)
    return replace(again, notes=[*again.notes, f"exported with {name}: the first file {does}"])


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _checked(path: Path, opset: int) -> int:
    """The opset of the file, which has to be the one that was asked for."""
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    found = {each.domain or "ai.onnx": each.version for each in model.opset_import}
    if found.get("ai.onnx") != opset:
        text = f"the file has opset {found.get('ai.onnx')}, and {opset} was asked for: set config.opset to that."
        raise TaskFailure("bad_model", "OPSET_NOT_AVAILABLE", text)
    return opset


def _compare(built: Built, path: Path, batch_size: int) -> tuple[float, float]:
    """Root of the mean square of the difference over that of PyTorch's outputs, and the largest difference over their largest value."""
    inputs = built.inputs(batch_size)
    torch.manual_seed(0)
    expected = [tensor for tensor in tensors_in(built.model(**inputs)) if tensor.is_floating_point()]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        wanted = {each.name for each in session.get_inputs()}
        feeds = {name: value.numpy() for name, value in inputs.items() if name in wanted}
        results = [each for each in session.run(None, feeds) if each.dtype.kind == "f"]
    except Exception as error:
        text = f"ONNX Runtime {onnxruntime.__version__} does not run what was exported. {reason_of(error)}"
        raise TaskFailure("bad_model", "EXPORT_DOES_NOT_RUN", text) from error
    return difference([tensor.numpy() for tensor in expected], results)


def difference(expected: list[Any], results: list[Any]) -> tuple[float, float]:
    """As `_compare`, over all outputs; infinite where shapes differ or a value is finite in one of them only."""
    if len(results) < len(expected) or any(a.shape != b.shape for a, b in zip(expected, results, strict=False)):
        return float(MISMATCH), float(MISMATCH)
    noise = signal = largest = 0.0
    for want, have in zip(expected, results, strict=False):
        want, have = want.astype(numpy.float64), have.astype(numpy.float64)
        finite = numpy.isfinite(want)
        if not numpy.array_equal(finite, numpy.isfinite(have)):
            return float(MISMATCH), float(MISMATCH)
        off = numpy.abs(want[finite] - have[finite])
        noise += float((off**2).sum())
        signal += float((want[finite] ** 2).sum())
        if off.size > 0:
            largest = max(largest, float(off.max()) / max(float(numpy.abs(want[finite]).max()), 1e-12))
    return (noise / max(signal, 1e-24)) ** 0.5, largest


MISMATCH = 1e9
"""What JSON can say of outputs that cannot be compared."""
