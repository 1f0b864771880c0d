"""Models whose tensors have shapes and no memory, for what can be known without computing."""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from transformers import PreTrainedConfig

from .construct import construct


def construct_weightless(cls: type[torch.nn.Module], config: PreTrainedConfig, mode: FakeTensorMode) -> torch.nn.Module:
    """Made on `meta`, which classes are written for, and then handed over to the mode as if it were on a CPU: library code asks
    before it reads values of a tensor of that mode, and does not ask on `meta`."""
    with unset_fake_temporarily(), torch.device("meta"):
        model = construct(cls, config, seed=1, limit=None)
    made: dict[int, FakeTensor] = {}

    def handed_over(tensor: Any) -> Any:
        if not isinstance(tensor, torch.Tensor) or not tensor.is_meta:
            return tensor
        # Weights that are shared stay shared.
        if id(tensor) not in made:
            with unset_fake_temporarily():
                made[id(tensor)] = FakeTensor(mode, tensor.detach(), torch.device("cpu"))
        return made[id(tensor)]

    for module in model.modules():
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                tensors[name] = handed_over(tensor)
        for name, value in vars(module).items():
            if isinstance(value, torch.Tensor):
                vars(module)[name] = handed_over(value)
    return model
