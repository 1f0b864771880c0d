"""Finds the recipe of a type: the smallest configuration and the fullest inputs that run."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from transformers import PreTrainedConfig

from .classes import Candidate, candidates, config_class
from .construct import apply_kernels, construct, make_config, runnable_part
from .hints import HINTS, Hint
from .inputs.facts import Facts
from .inputs.plan import modalities_of
from .inputs.search import NoInputs, find_inputs
from .parents import parents_of, part_in
from .recipe import Recipe, stored_recipes
from .shrink import LEVELS

CLASSES_TRIED = 3


@dataclass
class Failure(Exception):
    """The furthest stage that a type reached, and why not further."""

    stage: str
    reason: str

    def __str__(self) -> str:
        return self.reason


STAGES = ("none", "config", "model", "forward")


def find_recipe(model_type: str, *, task: str | None = None, seed: int = 0, cpu_seconds: float = 60) -> Recipe:
    """@raises Failure with the furthest stage that any level reached"""
    ends = time.process_time() + cpu_seconds
    hint = HINTS.get(model_type, Hint())
    try:
        make_config(model_type, "D", hint.fields)
    except Exception as cause:
        raise Failure("none", f"no default configuration: {_words(cause)}") from cause
    tried = [c for c in candidates(model_type, task) if hint.model_class in (None, c.cls.__name__)]
    if not tried:
        return _by_parent(
            model_type, task, Failure("config", "transformers has no class for this configuration"), seed, cpu_seconds
        )
    best = Failure("config", "")
    for level in LEVELS if hint.level is None else (hint.level,):
        for candidate in tried[: CLASSES_TRIED if level == "H" else 1]:
            try:
                return _try(model_type, candidate, level, hint, seed, max(5.0, ends - time.process_time()))
            except Failure as failure:
                if STAGES.index(failure.stage) > STAGES.index(best.stage) or not best.reason:
                    best = failure
        if time.process_time() > ends:
            break
    return _by_parent(model_type, task, best, seed, cpu_seconds)


def _words(cause: BaseException) -> str:
    text = " ".join(f"{type(cause).__name__}: {cause}".split())
    return text if len(text) <= 300 else f"{text[:300]} …"


def _try(model_type: str, candidate: Candidate, level: str, hint: Hint, seed: int, cpu_seconds: float) -> Recipe:
    try:
        config = make_config(model_type, level, hint.fields)
        model = construct(candidate.cls, config, seed=seed, may_be_large=LEVELS[level].widths == "keep")
    except Exception as cause:
        raise Failure("config", _words(cause)) from cause
    experts: str | None = None
    attention: str | None = None
    while True:
        try:
            return _feed(model_type, candidate, level, hint, config, model, seed, cpu_seconds, experts, attention)
        except NoInputs as cause:
            text = " ".join(cause.errors)
            if "multiple of 16 bytes" in text and experts is None:
                experts = "eager"
            elif ("attn_mask" in text or "scaled_dot_product" in text) and attention is None:
                attention = "eager"
            else:
                raise Failure("model", _words(cause).removeprefix("NoInputs: ")) from cause
            apply_kernels(model, experts, attention)


def _feed(
    model_type: str, candidate: Candidate, level: str, hint: Hint, config: PreTrainedConfig, model: torch.nn.Module,
    seed: int, cpu_seconds: float, experts: str | None, attention: str | None,
) -> Recipe:  # fmt: skip
    name, part = runnable_part(model)
    own = getattr(part, "config", None)
    facts = Facts(own if isinstance(own, PreTrainedConfig) else config, "tiny", {})
    before = _plain_fields(facts.config)
    found = find_inputs(
        part, facts, seed=seed, cpu_seconds=min(cpu_seconds, 30), given=hint.inputs, without=hint.without
    )
    after = _plain_fields(facts.config)
    declared = modalities_of(part)
    return Recipe(
        level=level,
        model_class=candidate.cls.__name__,
        task=candidate.task,
        mode=found.plan.mode,
        names=list(found.specs),
        layouts=found.plan.layouts,
        shapes={n: list(s) for n, s in found.plan.shapes.items()},
        placeholders=[list(p) for p in found.plan.placeholders],
        fields={**hint.fields, **{n: v for n, v in after.items() if before.get(n) != v}},
        given={name: spec.as_json() for name, spec in hint.inputs.items()},
        ids_below=facts.ids_below,
        part=name,
        experts=experts,
        attention=attention,
        modalities=found.modalities,
        undeclared=[m for m in declared if m not in found.modalities],
    )


def _plain_fields(config: PreTrainedConfig) -> dict[str, int]:
    return {n: v for n, v in config.__dict__.items() if isinstance(v, int) and not isinstance(v, bool)}


def _by_parent(model_type: str, task: str | None, failure: Failure, seed: int, cpu_seconds: float) -> Recipe:
    """Runs the type around it, and takes what that passes in."""
    from .build import build_by_recipe

    wanted = config_class(model_type)
    classes = [each.cls for each in candidates(model_type, task)]
    # The type around it may have to be searched itself.
    ends = time.process_time() + cpu_seconds
    for parent in parents_of(model_type):
        if time.process_time() > ends:
            break
        try:
            recipe = stored_recipes().get(parent) or find_recipe(parent, seed=seed, cpu_seconds=cpu_seconds / 2)
            built = build_by_recipe(parent, recipe, size="tiny", seed=seed)
        except Exception:
            continue
        for part in part_in(built.model, wanted, classes):
            try:
                inputs = part.capture(built.inputs(1))
                with torch.no_grad():
                    part.module(**inputs)
            except Exception:
                continue
            return Recipe(
                level=recipe.level, model_class=type(part.module).__name__, task=task, mode="parent", names=list(inputs),
                parent=parent, modalities=modalities_of(part.module),
            )  # fmt: skip
    raise failure
