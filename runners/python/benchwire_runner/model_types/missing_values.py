"""Values that a default configuration leaves out or contradicts, although the model cannot be built without them."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

from transformers import PreTrainedConfig

from .config_tree import configs_in, hidden_size, put, text_config, tower_configs

# Fields that may be None by default: what they are then, where a plain number does.
PLAIN = {
    "vocab_size": 64,
    "prediction_length": 8,
    "context_length": 16,
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "num_experts": 4,
    "top_k_experts": 2,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 128,
    "rms_norm_eps": 1e-6,
    "clip_qkv": 8.0,
    "downsample_rate": 2,
    "indexer_n_heads": 4,
    "indexer_kv_heads": 1,
    "indexer_head_dim": 64,
    "indexer_budget": 8,
    "indexer_compress_ratio": 2,
}

# What configurations of attention alone leave to the one around them.
ATTENTION = {"rope_theta": 10_000.0}

HEAD_SIZE = 128
# Stand for a configuration of any type.
GIVEN_BY_NAME = ("AutoConfig", "PreTrainedConfig")


def fill_missing_values(config: PreTrainedConfig) -> list[str]:
    """Fills what is missing, in place. Returns the names of the fields that it set."""
    filled = _fill_parts(config)
    for each in configs_in(config):
        fields = each.__dict__
        for name, value in PLAIN.items():
            if name in fields and fields[name] is None:
                put(each, name, value)
                filled.append(name)
        heads = next(
            (fields[n] for n in ("num_attention_heads", "num_heads", "n_head") if isinstance(fields.get(n), int)), 0
        )
        hidden = hidden_size(each)
        if fields.get("num_key_value_heads", 0) is None and heads:
            put(each, "num_key_value_heads", heads)
            filled.append("num_key_value_heads")
        if fields.get("head_dim", 0) is None and heads and hidden and hidden % heads == 0:
            put(each, "head_dim", hidden // heads)
            filled.append("head_dim")
        filled += _fill_absent(each) + _fill_rope(each)
    return filled + _agree(config)


def _fill_parts(config: PreTrainedConfig) -> list[str]:
    """Towers that the default configuration leaves out."""
    filled: list[str] = []
    for each in configs_in(config):
        for name, cls in (getattr(each, "sub_configs", None) or {}).items():
            if each.__dict__.get(name, 0) is None and inspect.isclass(cls) and cls.__name__ not in GIVEN_BY_NAME:
                put(each, name, cls())
                filled.append(name)
    return filled


def _fill_absent(config: PreTrainedConfig) -> list[str]:
    """Fields that are not there at all, a first language, and the word that stands for an image."""
    fields = config.__dict__
    filled = [n for n in ATTENTION if type(config).__name__.endswith("AttentionConfig") and not hasattr(config, n)]
    for name in filled:
        fields[name] = ATTENTION[name]
    languages = fields.get("languages")
    if "default_language" in fields and fields["default_language"] is None and languages:
        put(config, "default_language", languages[0])
        filled.append("default_language")
    if "vocabulary_map" in fields and fields["vocabulary_map"] is None:
        put(config, "vocabulary_map", {"<image>": 8})
        filled.append("vocabulary_map")
    return filled


def _fill_rope(config: PreTrainedConfig) -> list[str]:
    """Rotary positions for each kind of layer, and sections of heads for positions in time, height and width."""
    rope = config.__dict__.get("rope_parameters")
    if not isinstance(rope, dict):
        return []
    kinds = config.__dict__.get("layer_types")
    if not rope and isinstance(kinds, (list, tuple)) and kinds:
        for kind in dict.fromkeys(kinds):
            rope[kind] = {"rope_type": "default", "rope_theta": 10_000.0}
        return ["rope_parameters"]
    if "rope_theta" not in rope or "mrope_section" in rope:
        return []
    sections, head = _default_sections(inspect.getfile(type(config))), _head_size(config)
    if sections is None or head is None:
        return []
    half = int(head * rope.get("partial_rotary_factor", 1.0)) // 2
    if sum(sections) == half:
        return []
    side = half * 3 // 8
    rope["mrope_section"] = [half - 2 * side, side, side]
    return ["mrope_section"]


def _head_size(config: PreTrainedConfig) -> int | None:
    own = config.__dict__.get("head_dim")
    if isinstance(own, int):
        return own
    heads, hidden = config.__dict__.get("num_attention_heads"), hidden_size(config)
    fits = isinstance(heads, int) and heads > 0 and hidden is not None and hidden % heads == 0
    return hidden // heads if fits and hidden and heads else None


@cache
def _default_sections(config_file: str) -> tuple[int, ...] | None:
    """What the model beside that file takes where its configuration does not say it, as its code has it."""
    for file in Path(config_file).parent.glob("modeling_*.py"):
        found = re.search(r"mrope_section\", \[([\d, ]+)\]", file.read_text())
        if found is not None:
            return tuple(int(n) for n in found.group(1).split(","))
    return None


def _agree(config: PreTrainedConfig) -> list[str]:
    """Makes the parts of a default composite fit each other: the tower's output to the text, heads to the width."""
    changed: list[str] = []
    text = text_config(config)
    width = hidden_size(text)
    for tower in tower_configs(config, "vision"):
        if tower is text or tower is config or width is None:
            continue
        if isinstance(tower.__dict__.get("out_hidden_size"), int) and tower.out_hidden_size != width:
            put(tower, "out_hidden_size", width)
            changed.append("out_hidden_size")
        elif "embed_dim" in tower.__dict__ and "hidden_size" in tower.__dict__ and tower.hidden_size != width:
            put(tower, "hidden_size", width)
            changed.append("hidden_size")
    for each in configs_in(config):
        for name in ("num_attention_heads", "num_heads"):
            heads, hidden = each.__dict__.get(name), hidden_size(each)
            has_own = any("head_dim" in field for field in each.__dict__)
            if isinstance(heads, int) and heads > 0 and hidden and hidden % heads and not has_own:
                if "num_key_value_heads" in each.__dict__:
                    # Language models with more heads than fit their width have heads of 128.
                    each.__dict__["head_dim"] = HEAD_SIZE
                    changed.append("head_dim")
                    continue
                put(each, name, next(n for n in range(heads, 0, -1) if hidden % n == 0))
                changed.append(name)
    return changed
