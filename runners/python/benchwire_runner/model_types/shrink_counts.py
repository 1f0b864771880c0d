"""Fewer layers, experts and queries, and every list and index that goes with them."""

from __future__ import annotations

import re
from typing import Any

from transformers import PreTrainedConfig

from .config_tree import as_before, configs_in, lists, put, whole_numbers

LAYERS = 2
LAYER_COUNT = re.compile(
    r"^(num_hidden_layers|n_layers?|num_layers|depth|layers|num_blocks|(encoder|decoder|speech_encoder|t2u_encoder|t2u_decoder|text|vision"
    r"|decoder_num|encoder_num|num_encoder|num_decoder|num_hidden|num_transformer|qformer|resampler|adapter|aligner)_(num_)?(hidden_)?"
    r"(layers|depth|blocks)|num_(encoder|decoder)_(layers|blocks)|folding_trunk_num_hidden_layers|num_timestamp_prediction_layers"
    r"|n_(input|recurrent|output)_layers|.*_num_hidden_layers)$"
)
# Lists that have an entry for each layer, by what they hold: kinds, switches or one number of a layer.
STAGES = re.compile(r"size|dim|channel|width|depth|kernel|stride|ratio|rate|levels|conv|patch")
INDEXES = re.compile(
    r"ind(ex|ices|exes)$|hook_ids|extract_layers|target_layers|_layer_ids|mlp_only_layers|subsample_layers|block_indexes"
)
EXPERTS = re.compile(r"^(moe_)?(num|n)_(local_|routed_)?experts$|^num_local_experts$|^moe_num_experts$|^n_experts$")
CHOSEN = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "top_k_experts",
    "moe_k",
    "moe_topk",
    "moe_top_k",
    "num_selects",
    "router_top_k",
    "topk",
)
ONE_GROUP = ("n_group", "topk_group", "num_expert_group", "n_groups_moe")
FEWER = {
    "num_queries": 20,
    "two_stage_num_proposals": 20,
    "num_denoising": 4,
    "num_kv_shared_layers": 0,
    "train_num_points": 64,
}


def shrink_counts(config: PreTrainedConfig) -> None:
    """Two layers (or as many as there are kinds of layers), four experts, twenty queries. In place."""
    for each in configs_in(config):
        _fewer_layers(each)
        _fewer_experts(each)
        for name, most in FEWER.items():
            value = each.__dict__.get(name)
            if isinstance(value, int) and value > most:
                put(each, name, most)
        for name, value in lists(each):
            if name in ("depths", "num_block_repeats", "stage_num_blocks", "stage_numb_of_layers") and all(
                isinstance(v, int) for v in value
            ):
                put(each, name, as_before(each.__dict__[name], [min(v, 2) for v in value]))


def _kinds(values: list[Any]) -> int:
    """The shortest beginning that holds every kind."""
    kinds = {str(v) for v in values}
    return next(n for n in range(1, len(values) + 1) if len({str(v) for v in values[:n]}) == len(kinds))


def _fewer_layers(config: PreTrainedConfig) -> None:
    counts = {n: v for n, v in whole_numbers(config) if LAYER_COUNT.match(n) and v > LAYERS}
    for name, count in counts.items():
        per_layer = {n: v for n, v in lists(config) if len(v) == count}
        if any(
            STAGES.search(n) and n not in ("layer_rope_theta",) and not isinstance(v[0], (str, bool))
            for n, v in per_layer.items()
        ):
            continue
        layers = max(LAYERS, *(_kinds(v) for v in per_layer.values() if isinstance(v[0], (str, bool))), 0)
        taken = [
            v for n, v in lists(config) if n in ("_out_indices", "out_indices") and all(isinstance(i, int) for i in v)
        ]
        layers = min(count, max(layers, *(len(v) for v in taken), 0))
        for other, values in per_layer.items():
            put(config, other, as_before(config.__dict__[other], values[:layers]))
        put(config, name, layers)
        _stages_to(config, count, layers)
        _indexes_to(config, count, layers)
    first = config.__dict__.get("first_k_dense_replace")
    if isinstance(first, int) and first > 1:
        put(config, "first_k_dense_replace", 1)


def _stages_to(config: PreTrainedConfig, count: int, layers: int) -> None:
    """A backbone names its layers as stages, and which of them it gives out."""
    names = config.__dict__.get("stage_names")
    if not isinstance(names, (list, tuple)) or len(names) != count + 1:
        return
    kept = list(names)[: layers + 1]
    config.__dict__["stage_names"] = kept
    given = config.__dict__.get("_out_features")
    if isinstance(given, (list, tuple)) and given:
        last = kept[-len(given) :]
        config.__dict__["_out_features"] = last
        config.__dict__["_out_indices"] = [kept.index(name) for name in last]


def _indexes_to(config: PreTrainedConfig, count: int, layers: int) -> None:
    for name, values in lists(config):
        if not INDEXES.search(name) or name.startswith("_out") or not all(isinstance(v, int) for v in values):
            continue
        if max(values) < layers or max(values) > count:
            continue
        last = list(range(max(0, layers - len(values)), layers))
        put(config, name, as_before(config.__dict__[name], last))
    for name, value in whole_numbers(config):
        if name in ("moe_layer_end_index", "moe_layer_start_index", "max_window_layers") and value >= layers:
            put(config, name, layers - 1)
        if name in ("vision_feature_layer", "select_layer", "feature_layer") and abs(value) > layers:
            put(config, name, -1)


def _fewer_experts(config: PreTrainedConfig) -> None:
    fields = config.__dict__
    for name in ONE_GROUP:
        if isinstance(fields.get(name), int) and fields[name] > 1:
            put(config, name, 1)
    chosen = 1
    for name in CHOSEN:
        if isinstance(fields.get(name), int) and not isinstance(fields[name], bool):
            put(config, name, min(fields[name], 2))
            chosen = max(chosen, fields[name])
    for name, value in whole_numbers(config):
        if EXPERTS.match(name) and value > max(4, 2 * chosen):
            put(config, name, max(4, 2 * chosen))
