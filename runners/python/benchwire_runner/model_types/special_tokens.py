"""A small vocabulary, and ids of special tokens that are inside it and differ from each other."""

from __future__ import annotations

import re

from transformers import PreTrainedConfig

from .config_tree import configs_in, put, text_config, whole_numbers

VOCABULARY = 1024
SPECIAL = re.compile(
    r"(^|_)token_(id|index|ids)$|^(image|video|audio|slice|newline)_?(start|end)?_?(token)?_(id|idx)$|_token$"
)
VOCAB_FIELD = re.compile(r"(^|_)vocab(_size)?$|^vocab_size_per_layer_input$")
MEDIA_TOKEN = re.compile(r"^(image|video|audio)_token_(id|index)$")


def shrink_vocabulary(config: PreTrainedConfig) -> None:
    """At most 1,024 words. In place."""
    for each in configs_in(config):
        for name, value in whole_numbers(each):
            if VOCAB_FIELD.search(name) and "type_vocab" not in name and "char" not in name and value > VOCABULARY:
                put(each, name, VOCABULARY)
    fit_special_tokens(config)


def _limit(config: PreTrainedConfig) -> int:
    own = getattr(config, "vocab_size", None)
    if not isinstance(own, int) or own <= 0:
        own = getattr(text_config(config), "vocab_size", None)
    return own if isinstance(own, int) and own > 0 else VOCABULARY


def fit_special_tokens(config: PreTrainedConfig) -> None:
    """Gives special tokens beyond the vocabulary, and media tokens without an id, distinct ids from its end."""
    given: dict[tuple[int, int], int] = {}
    taken = special_ids(config)

    def fresh(old: int, limit: int) -> int:
        key = (old, limit)
        if key not in given:
            given[key] = next((i for i in range(limit - 1, 0, -1) if i not in taken), 0)
            taken.add(given[key])
        return given[key]

    for each in configs_in(config):
        limit = _limit(each)
        for name, value in list(each.__dict__.items()):
            if not SPECIAL.search(name):
                continue
            if isinstance(value, int) and not isinstance(value, bool) and value >= limit:
                put(each, name, fresh(value, limit))
            elif isinstance(value, (list, tuple)) and any(isinstance(v, int) and v >= limit for v in value):
                put(each, name, type(value)(fresh(v, limit) if isinstance(v, int) and v >= limit else v for v in value))
            elif value is None and MEDIA_TOKEN.search(name):
                put(each, name, fresh(-1 - len(given), limit))


def special_ids(config: PreTrainedConfig) -> set[int]:
    """Every id that some field of the configuration gives a meaning."""
    found: set[int] = set()
    for each in configs_in(config):
        for name, value in each.__dict__.items():
            if SPECIAL.search(name):
                found.update(v for v in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(v, int))
    return found
