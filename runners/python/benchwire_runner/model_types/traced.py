"""Exports what a model does with one set of inputs, by tracing: for models that branch on values, which torch.export refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .onnx_file import save_onnx

NOTE = "traced: what depends on values of the inputs is fixed to what they were when it was exported"
# Inputs that a graph is no use without; other whole numbers are sizes of grids, masks and places.
IDS = ("input_ids", "decoder_input_ids")


class _Positional(nn.Module):  # type: ignore[misc]
    """Takes the tensors in an order, and gives back the leaves of the output: tracers know no names."""

    def __init__(self, model: nn.Module, names: list[str], others: dict[str, Any]) -> None:
        super().__init__()
        self.model, self.names, self.others = model, names, others

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        from transformers.exporters.utils import get_leaf_tensors

        output = self.model(**self.others, **dict(zip(self.names, tensors, strict=True)))
        return tuple(get_leaf_tensors(output).values())


def export_traced(model: nn.Module, inputs: dict[str, Any], path: Path, opset: int) -> None:
    """Writes the file by torch.onnx's own tracer; its inputs and outputs have the names of the model's, and the inputs' own shapes.

    An input whose values the model turns into a branch or a shape is not among the file's inputs.

    @raise ValueError: nothing that the model gives back is a tensor
    """
    module, tensors, outputs = _split(model, inputs, lambda _: True)
    with torch.no_grad():
        torch.onnx.export(
            module,
            tuple(tensors.values()),
            str(path),
            dynamo=False,
            opset_version=opset,
            input_names=list(tensors),
            output_names=outputs,
        )


def export_traced_by_fx(model: nn.Module, inputs: dict[str, Any], path: Path, opset: int) -> None:
    """As `export_traced`, for models with operators that its tracer does not know; whole numbers other than ids are fixed.

    @raise ValueError: nothing that the model gives back is a tensor
    """
    from torch.fx.experimental.proxy_tensor import make_fx

    from .traced_rules import RULES

    module, tensors, outputs = _split(model, inputs, lambda name: name in IDS or inputs[name].is_floating_point())
    arguments = tuple(tensors.values())
    with torch.no_grad():
        graph = make_fx(module, RULES, tracing_mode="real", _error_on_data_dependent_ops=False)(*arguments)
        # What was asked for a branch only: nothing reads it any more.
        graph.graph.eliminate_dead_code()
        graph.recompile()
        program = torch.onnx.export(
            torch.export.export(graph, arguments, strict=False),
            (),
            dynamo=True,
            opset_version=opset,
            input_names=list(tensors),
            output_names=outputs,
            verbose=False,
        )
    save_onnx(program, path)


def _split(
    model: nn.Module, inputs: dict[str, Any], is_open: Callable[[str], bool]
) -> tuple[_Positional, dict[str, torch.Tensor], list[str]]:
    """The model as a function of its open tensors, these, and the names of its outputs."""
    from transformers.exporters.utils import get_leaf_tensors

    tensors = {name: each.detach() for name, each in inputs.items() if isinstance(each, torch.Tensor) and is_open(name)}
    others = {name: each for name, each in inputs.items() if name not in tensors}
    with torch.no_grad():
        torch.manual_seed(0)
        outputs = list(get_leaf_tensors(model(**inputs)))
    if not outputs:
        raise ValueError("the model gives no tensors")
    torch.manual_seed(0)
    return _Positional(model, list(tensors), others), tensors, outputs
