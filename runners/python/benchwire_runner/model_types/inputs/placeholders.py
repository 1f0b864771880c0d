"""How many ids stand for an image, a video or a sound: as many as the model's own tower gives features."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from .companions import Specs
from .facts import Facts
from .plan import Plan, media_tokens
from .spec import batch_of

GETTERS = {
    "image": ("get_image_features", "get_image_tokens", "get_vision_features"),
    "video": ("get_video_features", "get_image_features"),
    "audio": ("get_audio_features", "get_speech_features"),
}


def count_placeholders(model: torch.nn.Module, plan: Plan, specs: Specs, facts: Facts) -> list[tuple[int, int]]:
    """(id, how many) for each kind of media of the plan; without those that the model does not count."""
    if "input_ids" not in plan.names:
        return []
    counted: list[tuple[int, int]] = []
    for kind, token in media_tokens(facts, plan).items():
        rows = _rows_of(model, kind, specs)
        if rows:
            counted.append((token, rows))
    return counted


def _getter(model: torch.nn.Module, kind: str) -> Any | None:
    for module in (
        model,
        getattr(model, "model", None),
        getattr(model, "base_model", None),
        getattr(model, "thinker", None),
    ):
        for name in GETTERS[kind]:
            if module is not None and hasattr(module, name):
                return getattr(module, name)
    return None


def _rows_of(model: torch.nn.Module, kind: str, specs: Specs) -> int | None:
    getter = _getter(model, kind)
    if getter is None:
        return None
    accepted = list(inspect.signature(getter).parameters)
    given = {n: s for n, s in specs.items() if n in accepted and n not in ("input_ids", "attention_mask")}
    if kind == "video" and "pixel_values_videos" not in accepted and "pixel_values" in accepted:
        given["pixel_values"] = specs["pixel_values_videos"]
    try:
        with torch.no_grad():
            features = getter(**batch_of(given, 1, 0, torch.float32))
    except Exception:
        return None
    return _rows(features)


def _rows(features: Any) -> int | None:
    """Vectors in what a tower gives: a tensor, several, or an output with the projected ones."""
    if isinstance(features, torch.Tensor):
        return features.numel() // features.shape[-1] if features.dim() >= 2 else None
    for name in ("pooler_output", "image_features", "audio_features", "last_hidden_state"):
        inner = getattr(features, name, None)
        if inner is not None:
            return _rows(inner)
    if isinstance(features, (list, tuple)) and features:
        rows = [_rows(f) for f in features if isinstance(f, (torch.Tensor, list, tuple))]
        known = [r for r in rows if r]
        return sum(known) if known and len(known) == len(rows) else (known[0] if known else None)
    return None
