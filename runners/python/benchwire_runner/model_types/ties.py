"""Where two right runtimes give different outputs: ties that are broken differently, and numbers that are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

DRAWS = (
    "bernoulli",
    "bernoulli_",
    "multinomial",
    "normal_",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "uniform_",
)
# Scores whose difference is less, relative to the largest one, are sorted as rounding has it.
TIE = 1e-6


def draw_constant_weights(model: torch.nn.Module, seed: int = 1) -> None:
    """Matrices that a class leaves at one value, such as routers at zero, are drawn: with them all scores are equal."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim < 2 or parameter.numel() < 2 or not parameter.is_floating_point():
                continue
            if bool((parameter == parameter.flatten()[0]).all()):
                parameter.normal_(0, 0.02, generator=generator)


class _Watch(TorchDispatchMode):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = operator.overloadpacket.__name__
        if name == "topk" and _ties(args[0], int(args[1])):
            self.found["equal scores in topk"] = None
        elif name in DRAWS:
            self.found[f"numbers drawn by {name.rstrip('_')}"] = None
        return operator(*args, **(kwargs or {}))


def _ties(scores: Tensor, count: int) -> bool:
    """Whether a score that is taken equals one after it."""
    ordered = torch.sort(scores.double(), dim=-1, descending=True).values
    gaps = (ordered[..., :-1] - ordered[..., 1:])[..., :count]
    finite = gaps.isfinite()
    return bool((gaps[finite] <= TIE * ordered[ordered.isfinite()].abs().max().clamp_min(1e-12)).any())


def indeterminate(run: Callable[[], Any]) -> list[str]:
    """What in a forward pass leaves its result open."""
    watch = _Watch()
    with torch.no_grad(), watch:
        run()
    return list(watch.found)
