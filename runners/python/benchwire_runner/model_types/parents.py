"""Types that are parts of others: they are fed with what the type around them passes to them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedConfig

from .classes import all_model_types, config_class, family_of
from .config_tree import configs_in


@dataclass
class Part:
    module: torch.nn.Module
    # What the type around it passes to it, by name, for a batch of inputs of that type.
    capture: Callable[[dict[str, Any]], dict[str, Any]]


def parents_of(model_type: str) -> Iterator[str]:
    """Types of the same family whose default configuration holds one of this type, then of other families."""
    wanted = config_class(model_type)
    family = family_of(model_type)
    same = [other for other in all_model_types() if other != model_type and _family_or_none(other) == family]
    for other in same:
        try:
            inside = configs_in(config_class(other)())[1:]
        except Exception:
            continue
        if any(type(each) is wanted for each in inside):
            yield other


def _family_or_none(model_type: str) -> str | None:
    try:
        return family_of(model_type)
    except Exception:
        return None


def part_in(parent: torch.nn.Module, wanted: type[PreTrainedConfig], classes: list[type]) -> Iterator[Part]:
    """The modules of the parent that are of this type: by its classes, else by the configuration that they hold."""
    for module in parent.modules():
        if module is parent:
            continue
        if type(module) in classes or type(getattr(module, "config", None)) is wanted:
            yield Part(module, _capturer(parent, module))


def _capturer(parent: torch.nn.Module, module: torch.nn.Module) -> Callable[[dict[str, Any]], dict[str, Any]]:
    parameters = list(inspect.signature(module.forward).parameters)

    def capture(inputs: dict[str, Any]) -> dict[str, Any]:
        """@raises LookupError where the parent never calls this part"""
        calls: list[dict[str, Any]] = []

        def note(_module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            calls.append({**dict(zip(parameters, args, strict=False)), **kwargs})

        handle = module.register_forward_pre_hook(note, with_kwargs=True)
        try:
            torch.manual_seed(0)
            with torch.no_grad():
                parent(**inputs)
        except Exception:
            if not calls:
                raise
        finally:
            handle.remove()
        if not calls:
            raise LookupError("the type around it never calls this part")
        return calls[0]

    return capture
