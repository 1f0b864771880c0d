"""A guess at what a model is fed with, and the description of inputs that it comes to."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from .companions import Specs, companion, facts_token, ids
from .facts import Facts
from .layouts import FEATURES, GRIDS, PIXELS, SERIES, SPATIAL, VALUES, layouts_of, media_spec
from .spec import InputSpec

MEDIA = {
    "image": ("pixel_values", "pixel_values_images", "images", "sample", "frame", "flattened_patches"),
    "video": ("pixel_values_videos", "pixel_values"),
    "audio": (*FEATURES, *VALUES),
    "time": SERIES,
}
TEXT = ("input_ids", "decoder_input_ids")
# Optional companions that models with these inputs cannot do without, as a rule.
WITH_PATCHES = (*GRIDS, "mm_token_type_ids")
WITH_NAFLEX = SPATIAL
NOT_FED = {"inference_session", "return_dict", "labels", "cache", "encoder_outputs", "mm_encoder_outputs"}


@dataclass
class Plan:
    """Which inputs, in which layout, with which sizes changed after an error."""

    names: list[str]
    mode: str
    layouts: dict[str, str] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)
    placeholders: list[tuple[int, int]] = field(default_factory=list)
    # Inputs that no rule makes, as a hint has them.
    given: Specs = field(default_factory=dict)

    def copy(self) -> Plan:
        return replace(
            self,
            names=list(self.names),
            layouts=dict(self.layouts),
            shapes=dict(self.shapes),
            placeholders=list(self.placeholders),
            given=dict(self.given),
        )


def signature_of(model: torch.nn.Module) -> tuple[list[str], list[str]]:
    """All parameters of `forward`, and those without a default."""
    parameters = inspect.signature(model.forward).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return [p.name for p in named], [p.name for p in named if p.default is p.empty]


def modalities_of(model: torch.nn.Module) -> list[str]:
    """What the class declares and its `forward` has a parameter for: the declaration is often inherited from a larger model."""
    declared: Any = getattr(model, "input_modalities", None) or ()
    names, _ = signature_of(model)
    return [
        kind
        for kind in ([declared] if isinstance(declared, str) else declared)
        if any(name in names for name in (TEXT if kind == "text" else MEDIA.get(kind, ())))
    ]


def first_plans(model: torch.nn.Module, facts: Facts) -> list[Plan]:
    """Guesses, the fullest first: all declared modalities, then fewer, then only what is required."""
    names, required = signature_of(model)
    declared = modalities_of(model)
    main = getattr(model, "main_input_name", None)
    start = [*required]
    if main in names and main not in start:
        start.append(main)
    media = {kind: next((n for n in MEDIA[kind] if n in names), None) for kind in MEDIA}
    if media["video"] == media["image"] and "image" in declared:
        media["video"] = None
    kinds = [k for k in declared if media.get(k)]
    subsets = [kinds] + [[k for k in kinds if k != out] for out in kinds] + [[k] for k in kinds] + [[]]
    plans: list[Plan] = []
    for subset in subsets:
        chosen = [n for n in start if n not in NOT_FED]
        if "input_ids" in names and ("text" in declared or not declared):
            chosen.insert(0, "input_ids")
        chosen += [media[k] or "" for k in subset]
        if "decoder_input_ids" in names and getattr(facts.config, "is_encoder_decoder", False):
            chosen.append("decoder_input_ids")
        unique = list(dict.fromkeys(n for n in chosen if n))
        mode = "full" if subset == kinds else "+".join(subset) or ("text" if "input_ids" in unique else "required")
        if unique and all(unique != p.names for p in plans):
            plans.append(Plan(unique, mode))
    return plans


def layout_variants(plan: Plan, signature: list[str], facts: Facts) -> list[Plan]:
    """The plan in each layout that its media may have; the media of one plan change together."""
    media = [n for n in plan.names if n in (*PIXELS, *FEATURES, *VALUES, *SERIES)]
    if not media:
        return [plan]
    options = {n: layouts_of(n, signature, facts) for n in media}
    variants: list[Plan] = []
    for at in range(max(len(o) for o in options.values())):
        each = plan.copy()
        each.layouts = {n: o[min(at, len(o) - 1)] for n, o in options.items()}
        extra: tuple[str, ...] = ()
        if "patches" in each.layouts.values():
            extra = WITH_PATCHES
        elif "naflex" in each.layouts.values():
            extra = WITH_NAFLEX
        elif "image_sizes" in signature and any(n in PIXELS for n in media):
            variants.append(replace(each.copy(), names=[*each.names, "image_sizes"]))
        each.names += [n for n in extra if n in signature and n not in each.names and _fits(n, each)]
        if "mm_token_type_ids" in signature and "input_ids" in each.names and "mm_token_type_ids" not in each.names:
            each.names.append("mm_token_type_ids")
        variants.append(each)
    return variants


def _fits(name: str, plan: Plan) -> bool:
    """A grid of videos only with videos, one of images only with images."""
    if "video" in name:
        return "pixel_values_videos" in plan.names
    if name.startswith("image_"):
        return any(n in plan.names for n in ("pixel_values", "pixel_values_images", "images"))
    return True


def specs_of(plan: Plan, facts: Facts, optional: tuple[str, ...] = ()) -> Specs:
    """What the plan comes to. Text first, since masks follow its length, then media, then the rest."""
    specs: Specs = {name: replace(spec) for name, spec in plan.given.items()}
    if "input_ids" in plan.names and "input_ids" not in specs:
        spec = ids(facts, specs)
        spec.placeholders = list(plan.placeholders)
        taken = sum(count + 1 for _, count in plan.placeholders)
        spec.shape = [1, spec.shape[1] + taken]
        if len(plan.shapes.get("input_ids", [])) == 3 or plan.shapes.get("input_ids", [1])[0] > 1:
            spec.shape = plan.shapes["input_ids"]
        specs["input_ids"] = spec
    media = [n for n in plan.names if n in plan.layouts and n not in plan.given]
    for name in media:
        specs[name] = media_spec(name, plan.layouts[name], facts)
        if name in plan.shapes:
            specs[name].shape = plan.shapes[name]
    for name in [*plan.names, *optional]:
        if name in specs:
            continue
        spec_or_none = companion(name, facts, specs)
        if spec_or_none is None:
            continue
        if name in plan.shapes and spec_or_none.fill != "values":
            spec_or_none.shape = plan.shapes[name]
        specs[name] = spec_or_none
    return specs


def media_tokens(facts: Facts, plan: Plan) -> dict[str, int]:
    """The placeholder's id of each kind of media in the plan."""
    found: dict[str, int] = {}
    for kind, names in MEDIA.items():
        if kind != "time" and any(n in plan.layouts for n in names):
            token = facts_token(facts, kind)
            if token is not None and not (kind == "video" and "pixel_values_videos" not in plan.layouts):
                found[kind] = token
    return found


__all__ = [
    "InputSpec",
    "Plan",
    "first_plans",
    "layout_variants",
    "media_tokens",
    "modalities_of",
    "signature_of",
    "specs_of",
]
