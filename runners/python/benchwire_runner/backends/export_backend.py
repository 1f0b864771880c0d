"""Exports a model type to ONNX, and compares what ONNX Runtime makes of the file with what PyTorch computes."""

from __future__ import annotations

import gc
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
from ..model_types.onnx_file import MAX_INSIDE_BYTES, onnx_model_of, save_onnx, weight_bytes
from ..task import Task
from . import torch_backend
from .torch_backend import tensors_in

BATCH = "batch"
"""The name of the dimension that counts the items, where the exporter can leave it open."""
REASON_CHARACTERS = 600
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
    made = _made(built, path, int(options["opset"]), reporter.progress)
    if made.largest > SUSPICIOUS and built.recipe.get("attention") != "eager":
        made = _with_plain_attention(built, path, int(options["opset"]), reporter.progress, made)
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


def _made(built: Built, path: Path, opset: int, progress: Callable[[str], None]) -> Made:
    started = time.perf_counter()
    exporter, notes = _export(built, path, opset, progress)
    export_ms = _since(started)
    found = _checked(path, opset)
    progress("comparing with PyTorch")
    sizes = [1, 2] if _is_open(path) else [1]
    compared = [_compare(built, path, size) for size in sizes]
    error, largest = (max(each[at] for each in compared) for at in (0, 1))
    return Made(exporter, notes, found, sizes, error, largest, export_ms)


def _with_plain_attention(built: Built, path: Path, opset: int, progress: Callable[[str], None], first: Made) -> Made:
    """Exporters lose masks of the fast attention: with the plain one the file is what PyTorch computes, or the first one stays."""
    again_path = path.with_name(f"{path.stem}-eager{path.suffix}")
    apply_kernels(built.model, None, "eager")
    progress(f"exporting again with the plain attention, after a difference of {first.largest:.2g}")
    try:
        again = _made(built, again_path, opset, progress)
        if again.largest >= first.largest:
            return first
        again_path.replace(path)
    except MemoryError:
        raise
    except Exception:
        return first
    finally:
        again_path.unlink(missing_ok=True)
    note = (
        f"exported with the plain attention: with the fast one the outputs differ by {first.largest:.2g} of their range"
    )
    return replace(again, notes=[*again.notes, note])


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _export(built: Built, path: Path, opset: int, progress: Callable[[str], None]) -> tuple[str, list[str]]:
    """With the batch left open if that works, by the first exporter that can. Returns its name, and notes."""
    axes = batch_axes(built)
    attempts: list[tuple[str, Callable[[], None]]] = []
    if axes:
        attempts.append(("transformers", lambda: _by_transformers(built, path, opset, axes)))
    attempts.append(("transformers", lambda: _by_transformers(built, path, opset, {})))
    attempts.append(("torch.onnx", lambda: _by_torch(built, path, opset)))
    reasons: list[str] = []
    for number, (name, attempt) in enumerate(attempts):
        progress(f"exporting with {name}" if number == 0 else f"exporting with {name}, after: {reasons[-1][:200]}")
        try:
            attempt()
        except (MemoryError, TaskFailure):
            raise
        except Exception as error:
            reasons.append(reason_of(error))
            gc.collect()
            continue
        notes = [] if _is_open(path) else [f"the batch size is fixed to 1{'' if not reasons else f': {reasons[0]}'}"]
        return name, notes
    text = f'the model type "{built.model_class}" cannot be exported to ONNX. {attempts[-2][0]}: {reasons[-2]}. {attempts[-1][0]}: {reasons[-1]}.'
    raise TaskFailure("bad_model", "NOT_EXPORTABLE", text)


def reason_of(error: BaseException) -> str:
    """The words of an exporter without its lists of nodes and advice: they are long."""
    lines = [line.strip() for line in f"{type(error).__name__}: {error}".splitlines() if line.strip()]
    cause = error.__cause__
    text = " ".join(lines[:3])
    if cause is not None:
        text = f"{text[: REASON_CHARACTERS // 2]} (caused by {reason_of(cause)})"
    return text if len(text) <= REASON_CHARACTERS else f"{text[:REASON_CHARACTERS]} …"


def batch_axes(built: Built) -> dict[str, int]:
    """Of each input the dimension that grows with the batch; empty where two items cannot be made."""
    try:
        two, three = built.inputs(2), built.inputs(3)
    except Exception:
        return {}
    axes: dict[str, int] = {}
    for name, tensor in two.items():
        if not isinstance(tensor, torch.Tensor):
            continue
        grown = [i for i, (a, b) in enumerate(zip(tensor.shape, three[name].shape, strict=False)) if a != b]
        if grown:
            axes[name] = grown[0]
    return axes


def _by_transformers(built: Built, path: Path, opset: int, axes: dict[str, int]) -> None:
    from transformers.exporters import OnnxConfig, OnnxExporter

    inputs = built.inputs(2 if axes else 1)
    shapes = {
        name: {axes[name]: torch.export.Dim.AUTO} if name in axes else {}
        for name, value in inputs.items()
        if isinstance(value, torch.Tensor)
    }
    config = OnnxConfig(
        dynamic=bool(axes), opset_version=opset, dynamic_shapes={**dict.fromkeys(inputs), **shapes} if axes else None
    )
    _save(OnnxExporter().export(built.model, dict(inputs), config), path)
    if axes and not _name_batch(path, axes):
        raise ValueError("the exporter fixed the batch size")


def _by_torch(built: Built, path: Path, opset: int) -> None:
    program = torch.onnx.export(
        built.model, (), kwargs=dict(built.inputs(1)), dynamo=True, opset_version=opset, verbose=False
    )
    assert program is not None
    _save(program, path)


def _save(exported: Any, path: Path) -> None:
    """As one file: the store keeps a single one."""
    size = weight_bytes(onnx_model_of(exported))
    if size > MAX_INSIDE_BYTES:
        text = f"its weights are {size / 1e9:.1f} GB, and a file with all weights inside has at most 2: choose a smaller size."
        raise TaskFailure("bad_model", "MODEL_TOO_LARGE", text)
    save_onnx(exported, path)


def _name_batch(path: Path, axes: dict[str, int]) -> bool:
    """Calls the open dimension `batch` wherever it is; False where an input has it fixed."""
    model = onnx.load(str(path))
    symbols: set[str] = set()
    for each in model.graph.input:
        if each.name in axes:
            dimension = each.type.tensor_type.shape.dim[axes[each.name]]
            if not dimension.dim_param:
                return False
            symbols.add(dimension.dim_param)
    for each in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        for dimension in each.type.tensor_type.shape.dim:
            if dimension.dim_param in symbols:
                dimension.dim_param = BATCH
    onnx.save(model, str(path))
    return bool(symbols)


def _checked(path: Path, opset: int) -> int:
    """The opset of the file, which has to be the one that was asked for."""
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    found = {each.domain or "ai.onnx": each.version for each in model.opset_import}
    if found.get("ai.onnx") != opset:
        text = f"the file has opset {found.get('ai.onnx')}, and {opset} was asked for: set config.opset to that."
        raise TaskFailure("bad_model", "OPSET_NOT_AVAILABLE", text)
    return opset


def _is_open(path: Path) -> bool:
    model = onnx.load(str(path), load_external_data=False)
    return any(
        dimension.dim_param == BATCH for each in model.graph.input for dimension in each.type.tensor_type.shape.dim
    )


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
