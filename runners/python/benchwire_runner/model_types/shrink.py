"""Makes a default configuration small in place, so that every type builds and runs in milliseconds on a CPU.

The rules and why they are these: /docs/models.md of the repository, and its research page. Widths keep their head size:
rotary embeddings, mrope sections and low-rank sizes refer to it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from transformers import PreTrainedConfig

from .config_tree import COMMON_FIELDS, configs_in, hidden_size, lists, put, whole_numbers
from .shrink_counts import shrink_counts
from .shrink_images import shrink_images
from .special_tokens import shrink_vocabulary


@dataclass(frozen=True)
class Level:
    """How much is made small. `heads` divides widths and head counts alike, `eighth` widths only, with their head size."""

    name: str
    widths: Literal["heads", "eighth", "keep"]
    images: bool
    counts: bool


# In the order in which they are tried; `D` is the default configuration itself.
LEVELS = {
    level.name: level
    for level in (
        Level("H", "heads", images=True, counts=True),
        Level("HI", "heads", images=False, counts=True),
        Level("A", "eighth", images=True, counts=True),
        Level("C", "keep", images=True, counts=True),
        Level("CI", "keep", images=False, counts=True),
        Level("D", "keep", images=False, counts=False),
    )
}

SMALL_WIDTH = 256
MAX_FACTOR = 16

HEAD_COUNT = re.compile(r"(^|_)heads?$")
NOT_HEAD_COUNT = re.compile(r"(dim|d)_heads?$|^index")
KEY_VALUE_HEADS = re.compile(r"(kv|key_value)_heads$")
WIDTH = re.compile(
    r"(hidden|intermediate|embed|embedding|projection|proj|inner|ffn|ff|channels?|width|mlp|feature|output|text|project)s?"
    r"(_.*)?_?(size|dim|dims|width|channels|dimension|units)?$|(^|_)(dim|d_model|n_embd|d_ff|d_ssm|d_inner|dff|n_inner)$|_dim$|_hidden_size"
)
NOT_WIDTH = re.compile(
    r"head_dim|dim_head|d_head|rope|rotary|rank|vocab|image_size|patch_size|kernel|window|chunk|^max_|_max_|^num_|^n_(?!embd|inner)"
    r"|position|state|seq|crop|stride|block|codebook|token|group|lora|index|_id$|layer|layers|layer_idx|factor|scale|mel|codevector|d_kv"
    r"|temperature|heads|levels|stage|num_|_bins|_rate|sampling|resolution|fft|hop|samples|length"
)


def shrink(config: PreTrainedConfig, level: Level) -> None:
    """Makes the configuration small, in place."""
    if level.widths != "keep":
        _shrink_widths(config, by_heads=level.widths == "heads")
    if level.images:
        shrink_images(config)
    if level.counts:
        shrink_counts(config)
        shrink_vocabulary(config)
    for each in configs_in(config):
        if getattr(each, "use_cache", None) is True:
            put(each, "use_cache", False)


def _head_counts(config: PreTrainedConfig) -> dict[str, int]:
    return {n: v for n, v in whole_numbers(config) if HEAD_COUNT.search(n) and not NOT_HEAD_COUNT.search(n) and v > 0}


def _factor(heads: int) -> int:
    """The largest divisor up to 16 that leaves two heads."""
    return max((f for f in range(1, MAX_FACTOR + 1) if heads % f == 0 and heads // f >= 2), default=1)


def _hidden_widths(config: PreTrainedConfig) -> set[int]:
    """The widths that are split into this configuration's heads; encoder-decoders have one for both."""
    hidden = hidden_size(config)
    return set() if hidden is None else {hidden}


def _factors(configs: list[PreTrainedConfig], kept: set[int]) -> dict[int, int]:
    """What each hidden width is divided by: one factor in all configurations that have it."""
    heads_of: dict[int, int] = {}
    for each in configs:
        queries = [v for n, v in _head_counts(each).items() if not KEY_VALUE_HEADS.search(n)]
        for width in _hidden_widths(each):
            if queries:
                heads_of[width] = math.gcd(heads_of.get(width, 0), *queries)
    return {width: 1 if width <= SMALL_WIDTH or width in kept else _factor(heads) for width, heads in heads_of.items()}


def _listed_widths(configs: list[PreTrainedConfig]) -> set[int]:
    """Numbers of lists such as `hidden_sizes`: stages keep their widths, and so does what connects to them."""
    found: set[int] = set()
    for each in configs:
        for name, values in lists(each):
            if (
                re.search(r"size|dim|channel|width|feature|embed", name)
                and "image" not in name
                and "kernel" not in name
            ):
                found.update(v for v in values if isinstance(v, int) and v > 1)
    return found


def _shrink_widths(config: PreTrainedConfig, *, by_heads: bool) -> None:
    configs = configs_in(config)
    kept = _listed_widths(configs)
    factors = _factors(configs, kept)

    def smaller(width: int, own: int | None) -> int:
        if width <= SMALL_WIDTH or width in kept:
            return width
        if not by_heads:
            return max(width // 8, 8) if width % 8 == 0 else width
        if width in factors:
            return width // factors[width]
        bases = [own] if own in factors and own and width % own == 0 else []
        bases += sorted((w for w in factors if width % w == 0), reverse=True)
        if bases:
            return width // factors[bases[0]] if bases[0] is not None else width
        return width // 8 if width % 64 == 0 else max(8, width // 8 // 8 * 8)

    for each in configs:
        own = hidden_size(each)
        factor = factors.get(own, 1) if own is not None else 1
        for name, value in whole_numbers(each):
            if name in COMMON_FIELDS:
                continue
            if WIDTH.search(name) and not NOT_WIDTH.search(name):
                put(each, name, smaller(value, own))
        if by_heads:
            _divide_heads(each, factor)
        else:
            _divide_head_size(each)


def _divide_heads(config: PreTrainedConfig, factor: int) -> None:
    counts = _head_counts(config)
    for name, value in counts.items():
        if KEY_VALUE_HEADS.search(name):
            continue
        put(config, name, max(1, value // factor))
    queries = next(
        (v for n, v in _head_counts(config).items() if n in ("num_attention_heads", "num_heads", "n_heads")), None
    )
    for name, value in counts.items():
        if not KEY_VALUE_HEADS.search(name):
            continue
        few = max(1, value // factor)
        total = queries or few
        put(config, name, next(n for n in range(min(few, total), 0, -1) if total % n == 0))


def _divide_head_size(config: PreTrainedConfig) -> None:
    for name, value in whole_numbers(config):
        if name in ("head_dim", "d_kv", "kv_channels", "attention_head_dim") and value >= 64:
            put(config, name, value // 8)
