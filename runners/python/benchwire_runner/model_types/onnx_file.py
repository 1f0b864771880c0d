"""Writes what an exporter gives back as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx_ir

MAX_INSIDE_BYTES = 2**31 - 1
"""Of a file with all weights inside."""


def onnx_model_of(exported: Any) -> Any:
    """The model inside an `ExportedModel` of transformers 5.24, of an `ONNXProgram` of torch.onnx, or itself."""
    program = getattr(exported, "program", exported)
    return getattr(program, "model", program)


def weight_bytes(model: Any) -> int:
    """Of all initializers."""
    return sum(each.const_value.nbytes for each in model.graph.initializers.values() if each.const_value is not None)


def save_onnx(exported: Any, path: Path) -> None:
    """With the weights inside where a file can hold them, else in `NAME.data` beside it."""
    model = onnx_model_of(exported)
    inside = weight_bytes(model) <= MAX_INSIDE_BYTES
    onnx_ir.save(model, str(path), external_data=None if inside else f"{path.name}.data")
