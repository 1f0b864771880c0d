"""What a model asks of a device, whatever that is: counted over one forward pass in which nothing is computed."""

from __future__ import annotations

import math
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from .build import Built, build_by_recipe, config_of
from .recipe import Recipe
from .weightless import construct_weightless

MAX_KINDS = 8
# Of a model that is computed to be counted, since it reads values: 250 million parameters.
MAX_COMPUTED_WEIGHT_BYTES = 10**9


@dataclass
class Workload:
    """Of one forward pass with batch size 1 in fp32."""

    parameters: int
    weight_bytes: int
    """Of parameters and buffers; a tensor that several layers share counts once."""
    flops: int
    """Of matrix multiplications, convolutions and attention, a multiplication and an addition each; others are not counted."""
    bytes_moved: int
    """Read and written by all operators, as if nothing stayed in a cache and nothing was fused."""
    activation_bytes: int
    """The largest sum of tensors that are alive at once, without weights and inputs."""
    operators: int
    """That compute or copy: views do neither."""
    kinds: dict[str, int]
    """The most frequent operators, by name."""


def workload_of(model_type: str, recipe: Recipe, *, size: str, dimensions: dict[str, int] | None = None) -> Workload:
    """Builds the type with tensors that have a shape and no memory, and counts. Raises whatever a model raises that reads values:
    what it does next cannot be known without computing."""
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        return counted(
            build_by_recipe(model_type, recipe, size=size, seed=1, dimensions=dimensions or {}, weightless=mode)
        )


def known_workload(model_type: str, recipe: Recipe, *, size: str) -> dict[str, Any]:
    """As `workload_of`. A model that reads values is computed and counted, where its weights are small enough for any machine. Else its
    weights alone and the reason, and the reason alone where not even those can be made."""
    try:
        return asdict(workload_of(model_type, recipe, size=size))
    except Exception as error:
        reason = {"reason": f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]}
    try:
        cls, config = config_of(model_type, size, recipe)
        with FakeTensorMode() as mode:
            weights = _weight_facts(construct_weightless(cls, config, mode))
    except Exception:
        return reason
    if weights["weight_bytes"] <= MAX_COMPUTED_WEIGHT_BYTES:
        try:
            return asdict(counted(build_by_recipe(model_type, recipe, size=size, seed=1, dimensions={})))
        except Exception as error:
            reason = {"reason": f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]}
    return {**weights, **reason}


def counted(built: Built) -> Workload:
    """Runs it once, with batch size 1."""
    weights = _weights(built.model)
    inputs = built.inputs(1)
    counter = OperatorCounter([*weights, *(each.untyped_storage() for each in _tensors(inputs))])
    built.model.requires_grad_(False)
    flops = FlopCounterMode(display=False, custom_mapping={torch.ops.aten._grouped_mm: _grouped_mm_flops})
    with torch.no_grad(), flops, counter:
        output = built.model(**inputs)
    del output
    return Workload(
        **_weight_facts(built.model),
        flops=int(flops.get_total_flops()),
        bytes_moved=counter.bytes_moved,
        activation_bytes=counter.peak_bytes,
        operators=sum(counter.kinds.values()),
        kinds=dict(counter.kinds.most_common(MAX_KINDS)),
    )


def _weights(model: torch.nn.Module) -> list[torch.UntypedStorage]:
    """Each once, however many layers share it."""
    storages = (tensor.untyped_storage() for tensor in [*model.parameters(), *model.buffers()])
    return list({storage._cdata: storage for storage in storages}.values())


def _weight_facts(model: torch.nn.Module) -> dict[str, int]:
    return {
        "parameters": sum(int(p.numel()) for p in model.parameters()),
        "weight_bytes": sum(storage.nbytes() for storage in _weights(model)),
    }


def _grouped_mm_flops(a_shape: Any, b_shape: Any, *_: Any, out_shape: Any = None, **__: Any) -> int:
    """Of experts: each token's row with the matrix of the expert that it goes to."""
    return 2 * int(math.prod(a_shape)) * int(b_shape[-1])


class OperatorCounter(TorchDispatchMode):
    """Counts operators, what they read and write, and which of their results are alive at once."""

    def __init__(self, known: list[torch.UntypedStorage]) -> None:
        super().__init__()
        self.kinds: Counter[str] = Counter()
        self.bytes_moved = 0
        self.peak_bytes = 0
        self._alive_bytes = 0
        # Storages are compared by what they are, not by the objects that stand for them.
        self._known = {storage._cdata for storage in known}
        self._kept = known

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        read, written = list(_tensors([args, kwargs])), list(_tensors(result))
        sources = {tensor.untyped_storage()._cdata for tensor in read}
        is_view = bool(written) and all(tensor.untyped_storage()._cdata in sources for tensor in written)
        if written and (not is_view or func._schema.is_mutable):
            self.kinds[str(func.overloadpacket).removeprefix("aten.")] += 1
            self.bytes_moved += sum(tensor.numel() * tensor.element_size() for tensor in [*read, *written])
        for tensor in written:
            self._track(tensor.untyped_storage())
        return result

    def _track(self, storage: torch.UntypedStorage) -> None:
        identity = storage._cdata
        if identity in self._known:
            return
        self._known.add(identity)
        size = storage.nbytes()
        self._alive_bytes += size
        self.peak_bytes = max(self.peak_bytes, self._alive_bytes)
        weakref.finalize(storage, self._release, identity, size)

    def _release(self, identity: int, size: int) -> None:
        self._known.discard(identity)
        self._alive_bytes -= size


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)
