"""Finds inputs that a model runs with: guesses, one layout after the other, each mended by what errors say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .companions import Specs
from .facts import Facts
from .placeholders import count_placeholders
from .plan import Plan, first_plans, layout_variants, modalities_of, signature_of, specs_of
from .repair import repair
from .spec import batch_of

REPAIRS = 7
# Given where the class takes it: without a mask some models guess one from the ids.
OPTIONAL = ("attention_mask",)


class NoInputs(Exception):
    """No guess ran; the message is the error of the first one, which is usually the nearest. `errors` has all of them."""

    def __init__(self, message: str, errors: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.errors = [message, *errors]


@dataclass
class Found:
    specs: Specs
    plan: Plan
    repairs: int
    # Declared modalities that are fed.
    modalities: list[str]


def find_inputs(
    model: torch.nn.Module,
    facts: Facts,
    *,
    seed: int,
    cpu_seconds: float = 30,
    given: Specs | None = None,
    without: tuple[str, ...] = (),
) -> Found:
    """@param given: inputs that no rule makes. @raises NoInputs where nothing ran within the limit of processor time."""
    signature, required = signature_of(model)
    signature = [n for n in signature if n not in without]
    ends = time.process_time() + cpu_seconds
    first_error = ""
    errors: list[str] = []
    for plan in first_plans(model, facts):
        plan.given = given or {}
        plan.names = [n for n in dict.fromkeys([*plan.names, *plan.given]) if n not in without]
        for variant in layout_variants(plan, signature, facts):
            if time.process_time() > ends:
                raise NoInputs(f"no inputs found within {cpu_seconds:g} s: {first_error}", errors)
            result = _attempt(model, variant, facts, signature, seed, ends, errors)
            if isinstance(result, Found):
                return result
            first_error = first_error or result
    raise NoInputs(first_error or f"forward({', '.join(required)}) takes nothing that a rule knows", errors)


def _attempt(
    model: torch.nn.Module, plan: Plan, facts: Facts, signature: list[str], seed: int, ends: float, errors: list[str]
) -> Found | str:
    optional = tuple(
        n for n in OPTIONAL if n in signature and ("input_ids" in plan.names or "inputs_embeds" in plan.names)
    )
    first = ""
    error = ""
    same = 0
    for repairs in range(REPAIRS + 1):
        try:
            specs = specs_of(plan, facts, optional)
            if not plan.placeholders:
                plan.placeholders = count_placeholders(model, plan, specs, facts)
                if plan.placeholders:
                    specs = specs_of(plan, facts, optional)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as cause:
            return first or f"inputs: {type(cause).__name__}: {cause}"
        try:
            run_forward(model, batch_of(specs, 1, seed, torch.float32))
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as cause:
            message = f"{type(cause).__name__}: {cause}"
            errors.append(message)
            first = first or message
            # Two inputs may have the same fault.
            same = same + 1 if message == error else 0
            if same > 1 and "index" not in message:
                return first
            error = message
            if time.process_time() > ends or not repair(cause, plan, specs, facts, signature):
                return first
            continue
        return Found(specs, plan, repairs, _fed(model, plan))
    return first


def mend_plan(model: torch.nn.Module, plan: Plan, facts: Facts, signature: list[str], *, seed: int) -> Found:
    """A plan that ran with other sizes, with these. @raises NoInputs"""
    result = _attempt(model, plan, facts, signature, seed, time.process_time() + 600, [])
    if isinstance(result, Found):
        return result
    raise NoInputs(result)


def run_forward(model: torch.nn.Module, inputs: dict[str, Any]) -> Any:
    """One forward pass without gradients and without a cache, from the same state of the random numbers each time."""
    torch.manual_seed(0)
    with torch.no_grad():
        return model(**inputs)


def _fed(model: torch.nn.Module, plan: Plan) -> list[str]:
    names = set(plan.names)
    parameters, _ = signature_of(model)
    kinds = {
        "text": {"input_ids", "decoder_input_ids", "inputs_embeds"},
        "image": {"pixel_values", "pixel_values_images", "images", "sample", "frame", "flattened_patches"},
        "video": {"pixel_values_videos" if "pixel_values_videos" in parameters else "pixel_values"},
        "audio": {n for n in names if n.startswith(("input_features", "input_values", "audio", "waveform"))},
        "time": {"past_values"},
    }
    return [m for m in modalities_of(model) if names & kinds.get(m, set())]
