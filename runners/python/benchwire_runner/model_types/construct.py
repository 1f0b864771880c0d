"""A configuration of the size that is asked for, and the model of it with random weights."""

from __future__ import annotations

import random
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, TypeGuard

import torch
from transformers import PreTrainedConfig, PreTrainedModel

from .classes import config_class
from .config_tree import configs_in, put
from .missing_values import fill_missing_values
from .shrink import LEVELS, shrink
from .special_tokens import fit_special_tokens

MAX_TINY_PARAMETERS = 420_000_000


class TooLarge(MemoryError):
    """A configuration that no rule made small enough for a size that is called tiny."""


def make_config(model_type: str, level: str, fields: Mapping[str, object] = {}) -> PreTrainedConfig:
    """The default configuration with what it lacks filled in, made small as the level says."""
    towers = {name: config_class(value["model_type"])(**value) for name, value in fields.items() if _is_tower(value)}
    config = config_class(model_type)(**towers)
    fill_missing_values(config)
    shrink(config, LEVELS[level])
    fill_missing_values(config)
    fit_special_tokens(config)
    for name, value in fields.items():
        if not _is_tower(value) and not set_field(config, name, value):
            owner, _, field = name.rpartition(".")
            put(attrgetter(owner)(config) if owner else config, field, value)
    return config


def _is_tower(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and "model_type" in value


def set_field(config: PreTrainedConfig, path: str, value: object) -> bool:
    """Sets `name`, or `part.name`; a plain name also where only one of the parts has it. False where there is no such field."""
    *parts, name = path.split(".")
    owner: Any = config
    for part in parts:
        owner = getattr(owner, part, None)
        if not isinstance(owner, PreTrainedConfig):
            return False
    if hasattr(owner, name):
        put(owner, name, value)
        return True
    owners = [] if parts else [each for each in configs_in(config) if hasattr(each, name)]
    for each in owners:
        put(each, name, value)
    return bool(owners)


def count_parameters(cls: type[torch.nn.Module], config: PreTrainedConfig) -> int:
    """Without allocating them. @raises whatever the class raises"""
    with torch.device("meta"):
        model = cls(config)
    return sum(int(p.numel()) for p in model.parameters())


def construct(
    cls: type[torch.nn.Module],
    config: PreTrainedConfig,
    *,
    seed: int,
    limit: int | None = MAX_TINY_PARAMETERS,
    may_be_large: bool = False,
) -> torch.nn.Module:
    """The model in evaluation mode, with weights drawn from the seed. @raises TooLarge

    @param may_be_large: a class that cannot be counted is not allocated either
    """
    if limit is not None:
        try:
            count = count_parameters(cls, config)
        except Exception:
            # Some classes read numbers while they are built, which tensors without memory do not have.
            if may_be_large:
                raise
            count = 0
        if count > limit:
            raise TooLarge(f"{count / 1e6:.0f} million parameters, more than {limit / 1e6:.0f} million")
    random.seed(seed)
    torch.manual_seed(seed)
    model = cls(config).eval()
    if not isinstance(model, PreTrainedModel):
        return model
    for each in configs_in(model.config):
        for name in ("output_attentions", "output_hidden_states"):
            if each.__dict__.get(name) is True:
                put(each, name, False)
    return model


def runnable_part(model: torch.nn.Module) -> tuple[str | None, torch.nn.Module]:
    """The model itself, or the first module inside it that has a forward where it has none: (name, module)."""
    from .classes import has_forward

    if has_forward(type(model)):
        return None, model
    for name, child in model.named_children():
        if isinstance(child, PreTrainedModel) and has_forward(type(child)):
            return name, child
    return None, model


def apply_kernels(model: torch.nn.Module, experts: str | None, attention: str | None) -> None:
    """Plain implementations instead of fast ones, where a recipe says so."""
    if not isinstance(model, PreTrainedModel):
        return
    if experts is not None:
        for module in model.modules():
            config = getattr(module, "config", None)
            if isinstance(config, PreTrainedConfig):
                config._experts_implementation = experts
    if attention is not None:
        for module in model.modules():
            config = getattr(module, "config", None)
            if isinstance(config, PreTrainedConfig):
                config._attn_implementation = attention
