"""Which class a model type is built as."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import torch
import transformers
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from .tasks import TASK_LISTS, classes_of, default_task


@dataclass(frozen=True)
class Candidate:
    """A class that a type may be built as, and for which task; None where it is no class of a task."""

    cls: type[torch.nn.Module]
    task: str | None


def config_class(model_type: str) -> type[PreTrainedConfig]:
    """@raises KeyError for a type that this release of transformers does not have."""
    found: type[PreTrainedConfig] = CONFIG_MAPPING[model_type]
    return found


def family_of(model_type: str) -> str:
    """The folder of transformers that the type is in."""
    return config_class(model_type).__module__.split(".")[-2]


def modeling_modules(model_type: str) -> Iterator[Any]:
    package_name = config_class(model_type).__module__.rpartition(".")[0]
    package = importlib.import_module(package_name)
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("modeling_"):
            yield importlib.import_module(f"{package_name}.{module.name}")


def has_forward(cls: type) -> bool:
    forward = getattr(cls, "forward", None)
    return forward is not None and getattr(forward, "__name__", "") != "_forward_unimplemented"


def candidates(model_type: str, task: str | None) -> list[Candidate]:
    """Classes in the order in which they are tried; only that of the task where one is asked for."""
    if task is not None:
        return [Candidate(cls, task) for cls in _named(task, model_type)]
    chosen = default_task(model_type)
    ordered = dict.fromkeys(t for t in (chosen, "feature-extraction", *TASK_LISTS) if t is not None)
    found = [Candidate(cls, each) for each in ordered for cls in _named(each, model_type)]
    found += [Candidate(cls, None) for cls in _by_config(model_type)]
    unique = {each.cls: each for each in reversed(found)}
    return [each for each in dict.fromkeys(found) if unique.get(each.cls) is each]


def _named(task: str, model_type: str) -> list[type]:
    found: list[type] = []
    for name in classes_of(task, model_type):
        cls = getattr(transformers, name, None) or _in_modules(model_type, name)
        if cls is not None and inspect.isclass(cls):
            found.append(cls)
    return found


def _in_modules(model_type: str, name: str) -> type | None:
    return next((getattr(m, name) for m in modeling_modules(model_type) if hasattr(m, name)), None)


def _by_config(model_type: str) -> list[type]:
    """Classes of its own modules that take this configuration: models first, then plain parts of models."""
    wanted = config_class(model_type)
    models: list[type] = []
    parts: list[type] = []
    for module in modeling_modules(model_type):
        for cls in vars(module).values():
            if not inspect.isclass(cls) or cls.__module__ != module.__name__ or not issubclass(cls, torch.nn.Module):
                continue
            if issubclass(cls, PreTrainedModel):
                if (getattr(cls, "config_class", None) is wanted or _takes(cls, wanted)) and has_forward(cls):
                    models.append(cls)
            elif _takes(cls, wanted) and has_forward(cls):
                parts.append(cls)
    stem = wanted.__name__.removesuffix("Config")
    models.sort(key=lambda cls: (cls.__name__ not in (f"{stem}Model", stem), not cls.__name__.startswith(stem)))
    # The plain module that is named like its configuration is the component; the others are layers of it.
    return models + [
        cls for cls in parts if cls.__name__ in (stem, f"{stem}Model", f"{stem}Transformer", f"{stem}Embedder")
    ]


def _takes(cls: type, wanted: type) -> bool:
    try:
        first = list(inspect.signature(cls).parameters.values())[:1]
    except (TypeError, ValueError):
        return False
    for parameter in first:
        annotation = parameter.annotation
        if annotation is wanted or wanted in get_args(annotation) or annotation == wanted.__name__:
            return True
    return False


def all_model_types() -> list[str]:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return sorted(CONFIG_MAPPING_NAMES)
