"""The exporters to ONNX, in the order in which they are tried."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch

from ..errors import TaskFailure
from ..model_types import Built
from ..model_types.construct import apply_kernels
from ..model_types.onnx_file import MAX_INSIDE_BYTES, onnx_model_of, save_onnx, weight_bytes
from ..model_types.traced import NOTE as TRACED_NOTE
from ..model_types.traced import export_traced, export_traced_by_fx

Exporter = tuple[str, Callable[[], None]]
"""Its name, and what writes the file."""
BATCH = "batch"
"""The name of the dimension that counts the items, where the exporter can leave it open."""
TRACERS = ("torch.onnx tracer", "fx tracer")
REASON_CHARACTERS = 400


def exporters_of(built: Built, path: Path, opset: int) -> list[Exporter]:
    """In the order in which they are tried; the batch is left open by the first one only."""
    axes = batch_axes(built)
    by_transformers: list[Exporter] = [("transformers", lambda: _by_transformers(built, path, opset, {}))]
    if axes:
        by_transformers.insert(0, ("transformers", lambda: _by_transformers(built, path, opset, axes)))
    return [
        *by_transformers,
        ("torch.onnx", lambda: _by_torch(built, path, opset)),
        *tracers_of(built, path, opset),
    ]


def tracers_of(built: Built, path: Path, opset: int) -> list[Exporter]:
    """Those that follow what the model does with one set of inputs."""
    exports = (export_traced, export_traced_by_fx)
    return [
        (name, lambda export=export: _by_tracer(export, built, path, opset))  # type: ignore[misc]
        for name, export in zip(TRACERS, exports, strict=True)
    ]


def export_by_first(
    built: Built, path: Path, progress: Callable[[str], None], attempts: list[Exporter]
) -> tuple[str, list[str]]:
    """By the first exporter that can. Returns its name, and notes."""
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
        notes = [] if is_open(path) else [f"the batch size is fixed to 1{'' if not reasons else f': {reasons[0]}'}"]
        return name, [*notes, *([TRACED_NOTE] if name in TRACERS else [])]
    words = ". ".join(f"{name}: {reason}" for (name, _), reason in zip(attempts, reasons, strict=True))
    text = f'the model type "{built.model_class}" cannot be exported to ONNX. {words}.'
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


def _by_tracer(export: Callable[..., None], built: Built, path: Path, opset: int) -> None:
    """With the plain kernels: tracers know the operators of these."""
    apply_kernels(built.model, "eager", "eager")
    export(built.model, built.inputs(1), path, opset)


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


def is_open(path: Path) -> bool:
    model = onnx.load(str(path), load_external_data=False)
    return any(
        dimension.dim_param == BATCH for each in model.graph.input for dimension in each.type.tensor_type.shape.dim
    )
