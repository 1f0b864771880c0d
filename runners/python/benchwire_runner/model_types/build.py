"""Builds any model type with random weights, and makes its inputs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import PreTrainedConfig

from ..errors import BuildError
from .classes import all_model_types, candidates, config_class
from .construct import apply_kernels, construct, make_config, runnable_part, set_field
from .find import Failure, find_recipe
from .inputs.facts import DEFAULTS, Facts
from .inputs.plan import signature_of, specs_of
from .inputs.search import OPTIONAL, NoInputs, mend_plan
from .inputs.spec import batch_of
from .parents import part_in
from .recipe import Recipe, stored_recipes
from .weightless import construct_weightless

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass
class Built:
    """A model on its device, and how its inputs are made."""

    model: torch.nn.Module
    # Batch size -> the keyword arguments of forward, on the device; the same each time.
    inputs: Callable[[int], dict[str, Any]]
    # What was found for this type, as the outcome shows it.
    recipe: dict[str, Any]
    model_class: str
    # Which phases make sense: `forward`, `causal_lm` (prefill and decode) or `seq2seq`.
    kind: str
    parameters: int
    # Every size that went into the inputs, also those that nobody asked for.
    dimensions: dict[str, int]


def build(
    model_type: str, *, size: str | dict[str, Any], task: str | None, seed: int, dtype: str, device: str, dimensions: dict[str, int],
) -> Built:  # fmt: skip
    """Builds the type as asked. @raises BuildError"""
    _check(model_type, dtype, dimensions)
    start, overrides = _size_of(size)
    stored = stored_recipes().get(model_type)
    try:
        if stored is None or (task is not None and stored.task != task):
            recipe = find_recipe(model_type, task=task)
        else:
            recipe = stored
        return build_by_recipe(
            model_type,
            recipe,
            size=start,
            seed=seed,
            overrides=overrides,
            dtype=dtype,
            device=device,
            dimensions=dimensions,
        )
    except BuildError:
        raise
    except Failure as failure:
        raise BuildError(
            "model_failed", f'the model type "{model_type}" reaches the stage {failure.stage}: {failure}'
        ) from failure
    except NoInputs as cause:
        raise BuildError("model_failed", f'no inputs were found for the model type "{model_type}": {cause}') from cause
    except MemoryError as cause:
        raise BuildError("out_of_memory", f'the model type "{model_type}" does not fit: {cause}') from cause


def _check(model_type: str, dtype: str, dimensions: Mapping[str, int]) -> None:
    if model_type not in all_model_types():
        near = difflib.get_close_matches(model_type, all_model_types(), 3)
        hint = f" Did you mean {' or '.join(near)}?" if near else " `bw models` lists them."
        raise BuildError("unknown_model_type", f'there is no model type "{model_type}".{hint}')
    if dtype not in DTYPES:
        raise BuildError("invalid_config", f'there is no precision "{dtype}" here: use {", ".join(DTYPES)}.')
    for name, value in dimensions.items():
        if name not in DEFAULTS["tiny"]:
            raise BuildError("invalid_config", f'there is no dimension "{name}": use {", ".join(DEFAULTS["tiny"])}.')
        if value < 1:
            raise BuildError("invalid_config", f"the dimension {name} is {value}: it must be at least 1.")


def _size_of(size: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if isinstance(size, str):
        start, overrides = size, {}
    else:
        overrides = {name: value for name, value in size.items() if name != "size"}
        start = str(size.get("size", "base"))
    if start not in DEFAULTS:
        raise BuildError(
            "invalid_config", f'there is no size "{start}": use tiny, base, or fields of the configuration.'
        )
    return start, overrides


def build_by_recipe(
    model_type: str, recipe: Recipe, *, size: str, seed: int, overrides: Mapping[str, Any] = {},
    dtype: str = "fp32", device: str = "cpu", dimensions: Mapping[str, int] = {}, weightless: FakeTensorMode | None = None,
) -> Built:  # fmt: skip
    """Builds a type whose recipe is known. @raises BuildError, NoInputs, MemoryError

    @param weightless: the mode that is on, in which nothing is computed; then `dtype` and `device` mean nothing
    """
    if recipe.parent is not None:
        return _build_part(
            model_type,
            recipe,
            size=size,
            seed=seed,
            overrides=overrides,
            dtype=dtype,
            device=device,
            dimensions=dimensions,
            weightless=weightless,
        )
    config = _config(model_type, recipe, size, overrides)
    _apply_image_size(config, dimensions)
    cls = _class_of(model_type, recipe)
    try:
        if weightless is None:
            model = construct(cls, config, seed=seed, limit=None)
        else:
            model = construct_weightless(cls, config, weightless)
    except (TypeError, ValueError, AttributeError, RuntimeError, KeyError, IndexError, AssertionError) as cause:
        code = "invalid_config" if overrides or dimensions else "model_failed"
        raise BuildError(
            code, f"{cls.__name__} cannot be built from this configuration: {type(cause).__name__}: {cause}"
        ) from cause
    apply_kernels(model, recipe.experts, recipe.attention)
    _, part = runnable_part(model)
    own = getattr(part, "config", None)
    facts = Facts(
        own if isinstance(own, PreTrainedConfig) else config, size, dict(dimensions), ids_below=recipe.ids_below
    )
    specs = _specs(part, recipe, facts, exact=size == "tiny" and not overrides and not dimensions, seed=seed)
    float_dtype = DTYPES[dtype]
    if weightless is None:
        part = part.to(device=device, dtype=float_dtype).eval()

    def inputs(batch_size: int) -> dict[str, Any]:
        made = batch_of(specs, batch_size, seed, float_dtype)
        return {name: tensor.to(device) for name, tensor in made.items()}

    return Built(
        part, inputs, {"size": size, **recipe.as_json()}, type(part).__name__, _kind(recipe),
        sum(p.numel() for p in part.parameters()), dict(facts.used),
    )  # fmt: skip


def _config(model_type: str, recipe: Recipe, size: str, overrides: Mapping[str, Any]) -> PreTrainedConfig:
    config = make_config(model_type, recipe.level if size == "tiny" else "D", recipe.fields if size == "tiny" else {})
    for path, value in overrides.items():
        if not set_field(config, path, value):
            raise BuildError("invalid_config", f'the configuration of "{model_type}" has no field "{path}".')
    return config


def config_of(
    model_type: str, size: str | dict[str, Any], recipe: Recipe | None = None
) -> tuple[type[torch.nn.Module], PreTrainedConfig]:  # fmt: skip
    """The class that a type is built as, and its configuration; of a part of a model those of the model. @raises BuildError"""
    start, overrides = _size_of(size)
    found = recipe or stored_recipes().get(model_type) or find_recipe(model_type)
    if found.parent is not None:
        return config_of(found.parent, size)
    return _class_of(model_type, found), _config(model_type, found, start, overrides)


def _class_of(model_type: str, recipe: Recipe) -> type[torch.nn.Module]:
    named = getattr(transformers, recipe.model_class, None)
    if isinstance(named, type) and issubclass(named, torch.nn.Module):
        return named
    for candidate in [*candidates(model_type, recipe.task), *candidates(model_type, None)]:
        if candidate.cls.__name__ == recipe.model_class:
            return candidate.cls
    raise BuildError(
        "model_failed", f"transformers has no class {recipe.model_class} for {model_type}: is it another release?"
    )


def _specs(model: torch.nn.Module, recipe: Recipe, facts: Facts, *, exact: bool, seed: int) -> dict[str, Any]:
    """The stored inputs; mended once more where the sizes are not those of the recipe."""
    signature, _ = signature_of(model)
    optional = tuple(n for n in OPTIONAL if n in signature and n in recipe.names)
    plan = recipe.plan()
    if exact:
        return specs_of(plan, facts, optional)
    plan.shapes, plan.placeholders = {}, []
    return mend_plan(model, plan, facts, signature, seed=seed).specs


def _apply_image_size(config: PreTrainedConfig, dimensions: Mapping[str, int]) -> None:
    """A model that fixes the size of its images is built for the size that is asked for."""
    side = dimensions.get("image_size")
    if side is not None:
        set_field(config, "image_size", side)


def _kind(recipe: Recipe) -> str:
    if recipe.task == "text-generation":
        return "causal_lm"
    return "seq2seq" if recipe.task in ("text2text-generation", "automatic-speech-recognition") else "forward"


def _build_part(
    model_type: str, recipe: Recipe, *, size: str, seed: int, overrides: Mapping[str, Any], dtype: str, device: str,
    dimensions: Mapping[str, int], weightless: FakeTensorMode | None,
) -> Built:  # fmt: skip
    """A part of another type: built inside that, and fed with what that passes to it."""
    parent = recipe.parent or ""
    around = stored_recipes().get(parent) or find_recipe(parent)
    outer = build_by_recipe(
        parent, around, size=size, seed=seed, overrides=overrides, dtype=dtype, device=device, dimensions=dimensions,
        weightless=weightless,
    )  # fmt: skip
    classes = [each.cls for each in candidates(model_type, None)]
    part = next(
        (
            p
            for p in part_in(outer.model, config_class(model_type), classes)
            if type(p.module).__name__ == recipe.model_class
        ),
        None,
    )
    if part is None:
        raise BuildError("model_failed", f"{parent} has no part {recipe.model_class}.")
    capture = part.capture
    return Built(
        part.module, lambda batch_size: capture(outer.inputs(batch_size)), {"size": size, **recipe.as_json()}, recipe.model_class,
        "forward", sum(p.numel() for p in part.module.parameters()), outer.dimensions,
    )  # fmt: skip
