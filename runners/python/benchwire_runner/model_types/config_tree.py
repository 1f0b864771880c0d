"""Reading and changing a transformers configuration together with the configurations inside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transformers import PreTrainedConfig

# Fields of every configuration, which say nothing of the architecture.
COMMON_FIELDS = frozenset(PreTrainedConfig().__dict__)


def configs_in(config: PreTrainedConfig) -> list[PreTrainedConfig]:
    """The configuration itself and all inside it, each once, parents first."""
    found: list[PreTrainedConfig] = []

    def visit(each: PreTrainedConfig) -> None:
        if any(each is other for other in found):
            return
        found.append(each)
        for value in list(each.__dict__.values()):
            if isinstance(value, PreTrainedConfig):
                visit(value)

    visit(config)
    return found


def put(config: PreTrainedConfig, name: str, value: object) -> None:
    """Sets a field, also where the class's own check of one field refuses it while its neighbours are not changed yet."""
    try:
        setattr(config, name, value)
    except Exception:
        config.__dict__[config.attribute_map.get(name, name)] = value


def whole_numbers(config: PreTrainedConfig) -> Iterator[tuple[str, int]]:
    """The fields that are whole numbers, by their names in the class."""
    for name, value in list(config.__dict__.items()):
        if isinstance(value, int) and not isinstance(value, bool):
            yield name, value


def lists(config: PreTrainedConfig) -> Iterator[tuple[str, list[Any]]]:
    for name, value in list(config.__dict__.items()):
        if isinstance(value, (list, tuple)) and len(value) > 0 and name not in ("architectures",):
            yield name, list(value)


def as_before(old: object, new: list[Any]) -> list[Any] | tuple[Any, ...]:
    return tuple(new) if isinstance(old, tuple) else new


def first_value(configs: list[PreTrainedConfig], names: tuple[str, ...]) -> Any | None:
    """The first of these fields that any of the configurations has a value for: by configuration, then by name."""
    for config in configs:
        for name in names:
            value = getattr(config, name, None)
            if value is not None:
                return value
    return None


HIDDEN_NAMES = ("hidden_size", "d_model", "n_embd", "embed_dim", "hidden_dim", "dim", "emb_dim", "width")


def hidden_size(config: PreTrainedConfig) -> int | None:
    for name in HIDDEN_NAMES:
        value = config.__dict__.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    value = getattr(config, "hidden_size", None)
    return value if isinstance(value, int) else None


def text_config(config: PreTrainedConfig) -> PreTrainedConfig:
    """The part that has the vocabulary; the configuration itself where no part has."""
    try:
        part = config.get_text_config()
        if getattr(part, "vocab_size", None):
            return part
    except (ValueError, AttributeError):
        pass
    return next((each for each in configs_in(config) if getattr(each, "vocab_size", None)), config)


def tower_configs(config: PreTrainedConfig, kind: str) -> list[PreTrainedConfig]:
    """Where sizes of images, videos or audio are looked up: the towers of that kind first."""
    configs = configs_in(config)
    named = [
        value
        for each in configs
        for name, value in each.__dict__.items()
        if isinstance(value, PreTrainedConfig) and kind in name
    ]
    typed = [each for each in configs if kind in (each.model_type or "") and not any(each is n for n in named)]
    rest = [each for each in configs if not any(each is n for n in [*named, *typed])]
    return [*named, *typed, *rest]
