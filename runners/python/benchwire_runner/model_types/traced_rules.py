"""How operators whose results depend on values are recorded by the fx tracer: with what the values were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing

aten = torch.ops.aten


def _fixed(compute: Callable[..., Any]) -> Callable[..., Any]:
    """The result becomes a constant of the graph."""

    def run(*args: Any, **kwargs: Any) -> Any:
        with disable_proxy_modes_tracing():
            return compute(*args, **kwargs)

    return run


def _places(indices: list[Tensor | None]) -> list[Tensor | None]:
    """Masks as the places where they are true: a constant for each of a mask's dimensions."""
    found: list[Tensor | None] = []
    for index in indices:
        if index is None or index.dtype not in (torch.bool, torch.uint8):
            found.append(index)
        else:
            with disable_proxy_modes_tracing():
                found.extend(torch.nonzero(index).unbind(1))
    return found


def _index(values: Tensor, indices: list[Tensor | None]) -> Any:
    if not _has_mask(indices):
        return NotImplemented
    return aten.index.Tensor(values, _places(indices))


def _index_put(operator: Any) -> Callable[..., Any]:
    def put(values: Tensor, indices: list[Tensor | None], given: Tensor, accumulate: bool = False) -> Any:
        if not _has_mask(indices):
            return NotImplemented
        return operator(values, _places(indices), given, accumulate)

    return put


def _masked_select(values: Tensor, mask: Tensor) -> Any:
    shape = torch.broadcast_shapes(values.shape, mask.shape)
    return aten.index.Tensor(values.expand(shape), _places([mask.expand(shape)]))


def _has_mask(indices: list[Tensor | None]) -> bool:
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in indices)


def _repeat_interleave(repeats: Tensor, *, output_size: int | None = None) -> Tensor:
    with disable_proxy_modes_tracing():
        return torch.repeat_interleave(repeats, output_size=output_size)


def _solve_triangular(
    matrix: Tensor, right: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """ONNX has no solver. Of 1 + N with a strictly triangular N the inverse is (1 - N)(1 + N^2)(1 + N^4)…, which ends."""
    if not unitriangular or not left:
        return NotImplemented
    size = matrix.shape[-1]
    power = -(torch.triu(matrix, 1) if upper else torch.tril(matrix, -1))
    inverse = torch.eye(size, dtype=matrix.dtype, device=matrix.device) + power
    for _ in range(max(0, (size - 1).bit_length() - 1)):
        power = power @ power
        inverse = inverse + inverse @ power
    return inverse @ right


RULES: dict[Any, Callable[..., Any]] = {
    aten.nonzero.default: _fixed(aten.nonzero.default),
    aten.index.Tensor: _index,
    aten.index_put.default: _index_put(aten.index_put.default),
    aten.index_put_.default: _index_put(aten.index_put_.default),
    aten.masked_select.default: _masked_select,
    aten.repeat_interleave.Tensor: _repeat_interleave,
    aten._unique2.default: _fixed(aten._unique2.default),
    aten.unique_consecutive.default: _fixed(aten.unique_consecutive.default),
    aten.bincount.default: _fixed(aten.bincount.default),
    aten.linalg_solve_triangular.default: _solve_triangular,
}
"""A decomposition table of `make_fx`."""
