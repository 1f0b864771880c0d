"""Smaller pictures and shorter sounds, where the configuration fixes their size."""

from __future__ import annotations

from typing import Any

from transformers import PreTrainedConfig

from .config_tree import as_before, configs_in, put

IMAGE_FIELDS = ("image_size", "img_size", "input_size", "pretrain_image_size", "force_image_size")
PATCHES = 4
MAX_TILINGS = 3
TOKENS_PER_IMAGE = (
    "mm_tokens_per_image",
    "image_seq_length",
    "image_seq_len",
    "num_image_tokens",
    "num_image_token",
    "vision_soft_tokens_per_image",
)
SHORTER = {"max_source_positions": 100, "video_seq_length": 4, "image_embedding_size": 4}


def shrink_images(config: PreTrainedConfig) -> None:
    """Pictures of four by four patches; hierarchical models keep their sizes, since windows and strides depend on them."""
    for each in configs_in(config):
        fields = each.__dict__
        before = fields.get("image_size")
        if "depths" not in fields:
            for name in IMAGE_FIELDS:
                smaller = _smaller(fields.get(name), fields.get("patch_size"))
                if smaller is not None:
                    put(each, name, smaller)
        _scale_tiles(config, before, fields.get("image_size"))
        for name in TOKENS_PER_IMAGE:
            if isinstance(fields.get(name), int) and fields[name] > PATCHES:
                put(each, name, PATCHES)
        for name, most in SHORTER.items():
            if isinstance(fields.get(name), int) and fields[name] > most:
                put(each, name, most)


def _scale_tiles(config: PreTrainedConfig, before: Any, after: Any) -> None:
    """The sizes that large images are cut into follow the size of a tile."""
    if not isinstance(before, int) or not isinstance(after, int) or after >= before:
        return
    for each in configs_in(config):
        tiles = each.__dict__.get("image_grid_pinpoints")
        if tiles and all(side % before == 0 for tile in tiles for side in tile):
            smaller = {tuple(side // before * after for side in tile): None for tile in tiles}
            put(each, "image_grid_pinpoints", [list(tile) for tile in smaller][:MAX_TILINGS])


def _smaller(size: Any, patch: Any) -> Any | None:
    patch_side = patch if isinstance(patch, int) else max(patch) if isinstance(patch, (list, tuple)) and patch else None
    if not isinstance(patch_side, int) or patch_side <= 0:
        return None
    side = patch_side * PATCHES if patch_side >= 8 else 64
    if isinstance(size, bool) or size is None:
        return None
    if isinstance(size, int):
        return side if size > side else None
    if (
        isinstance(size, (list, tuple))
        and len(size) == 2
        and all(isinstance(s, int) for s in size)
        and max(size) > side
    ):
        return as_before(size, [side, side])
    return None
