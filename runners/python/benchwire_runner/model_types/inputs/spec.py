"""A description of one input of a model, small enough to be stored, and the tensor that it stands for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch

Fill = Literal["normal", "uniform", "ids", "ones", "zeros", "values", "steps"]


@dataclass
class InputSpec:
    """One item of a batch. `shape` begins with the item's own first dimension, which a batch multiplies."""

    shape: list[int]
    fill: Fill
    kind: Literal["float", "int", "bool"] = "float"
    # Of `ids`: the ids are drawn below this, without `avoid`.
    below: int = 0
    avoid: list[int] = field(default_factory=list)
    # Of `ids`: runs of one id that stand for the parts of an image, video or sound, after the first id.
    placeholders: list[tuple[int, int]] = field(default_factory=list)
    # Of `values`: the numbers themselves, row by row.
    values: list[float] | list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Without the fields that have their default."""
        blank = InputSpec(self.shape, self.fill)
        return {k: v for k, v in asdict(self).items() if k in ("shape", "fill") or v != getattr(blank, k)}


def spec_from_json(stored: dict[str, Any]) -> InputSpec:
    placeholders = [(int(i), int(n)) for i, n in stored.get("placeholders", [])]
    return InputSpec(**{**stored, "placeholders": placeholders})


DTYPES = {"int": torch.int64, "bool": torch.bool}


def one_item(spec: InputSpec, seed: int, float_dtype: torch.dtype) -> torch.Tensor:
    """The tensor of one item; the same for the same seed."""
    dtype = DTYPES.get(spec.kind, float_dtype)
    draw = torch.Generator().manual_seed(seed)
    match spec.fill:
        case "normal":
            return torch.randn(spec.shape, generator=draw).to(dtype)
        case "uniform":
            return torch.rand(spec.shape, generator=draw).to(dtype)
        case "ones":
            return torch.ones(spec.shape, dtype=dtype)
        case "zeros":
            return torch.zeros(spec.shape, dtype=dtype)
        case "values":
            return torch.tensor(spec.values).reshape(spec.shape).to(dtype)
        case "steps":
            return torch.arange(spec.shape[-1]).expand(spec.shape).to(dtype)
        case "ids":
            return _ids(spec, draw)


def _ids(spec: InputSpec, draw: torch.Generator) -> torch.Tensor:
    below = max(spec.below, 1)
    usable = [i for i in range(min(below, 4096)) if i not in set(spec.avoid)] or [0]
    picked = torch.randint(len(usable), spec.shape, generator=draw)
    ids = torch.tensor(usable)[picked]
    at = 1
    for token, count in spec.placeholders:
        ids[..., at : at + count] = token
        at += count + 1
    return ids


def batch_of(
    specs: dict[str, InputSpec], batch_size: int, seed: int, float_dtype: torch.dtype
) -> dict[str, torch.Tensor]:
    """All inputs of a batch. Every item has numbers of its own; where media stand in the text is the same in all of them."""
    return {
        name: torch.cat([one_item(spec, seed + 7919 * item, float_dtype) for item in range(batch_size)])
        for name, spec in specs.items()
    }
