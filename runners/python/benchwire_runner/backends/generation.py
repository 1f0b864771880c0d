"""Generating models: the prompt (prefill) and the steps after it (decode), apart; of encoder-decoders the encoder and the steps."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from ..task import Task

NEW_TOKENS = 16
MAX_ROUNDS = 10


def measure_generation(
    model: Any, inputs: dict[str, Any], task: Task, synchronize: Callable[[], None] | None
) -> list[dict[str, Any]]:
    """Time to the first token, time per output token, tokens a second, and the bytes of the cache after the last one.

    Greedy, with a key-value cache, NEW_TOKENS a round. Every round begins with an empty cache; one that comes first is not
    counted. Returns metrics with a value for each round.
    """
    import torch

    wait = synchronize or (lambda: None)
    prompt = inputs["input_ids"]
    mask = inputs.get("attention_mask")
    rounds: list[tuple[float, list[float]]] = []
    cache: Any = None
    deadline = time.perf_counter() + task.max_seconds
    for number in range(1 + min(MAX_ROUNDS, max(1, task.iterations))):
        wait()
        begun = time.perf_counter()
        output = model(**{**inputs, "use_cache": True})
        token = output.logits[:, -1:].argmax(-1)
        wait()
        first_ms = (time.perf_counter() - begun) * 1000
        steps: list[float] = []
        cache = output.past_key_values
        longer = mask if mask is not None else torch.ones_like(prompt)
        for _ in range(NEW_TOKENS - 1):
            begun = time.perf_counter()
            longer = torch.cat([longer, longer.new_ones((longer.shape[0], 1))], dim=1)
            output = model(input_ids=token, attention_mask=longer, past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            token = output.logits[:, -1:].argmax(-1)
            wait()
            steps.append((time.perf_counter() - begun) * 1000)
        if number > 0:
            rounds.append((first_ms, steps))
        if rounds and time.perf_counter() > deadline:
            break
    return _token_metrics(rounds, int(prompt.shape[0]), cache)


def _token_metrics(rounds: list[tuple[float, list[float]]], batch: int, cache: Any) -> list[dict[str, Any]]:
    """Of rounds, each with the time to its first token and of each step after it."""
    per_token = [sum(steps) / len(steps) for _, steps in rounds]
    totals = [first + sum(steps) for first, steps in rounds]
    return [
        _metric("time_to_first_token_ms", "ms", "lower", [first for first, _ in rounds]),
        _metric("time_per_output_token_ms", "ms", "lower", per_token),
        _metric("tokens_per_second", "tokens/s", "higher", [batch * NEW_TOKENS * 1000 / total for total in totals]),
        _metric("kv_cache_bytes", "bytes", "lower", [cache_bytes(cache)]),
    ]


def measure_encoder_decoder(
    model: Any, inputs: dict[str, Any], task: Task, synchronize: Callable[[], None] | None
) -> list[dict[str, Any]]:
    """As `measure_generation`, for an encoder-decoder, and the encoder alone. The first token waits for the encoder.

    Empty for a model that does not have its encoder as a part of its own.
    """
    encoder = model.get_encoder() if hasattr(model, "get_encoder") else None
    prompt = inputs.get("decoder_input_ids")
    if encoder is None or encoder is model or prompt is None:
        return []
    wait = synchronize or (lambda: None)
    takes = inspect.signature(encoder.forward).parameters
    of_encoder = {name: value for name, value in inputs.items() if name in takes}
    mask = {"attention_mask": inputs["attention_mask"]} if "attention_mask" in inputs else {}
    encoder_times: list[float] = []
    rounds: list[tuple[float, list[float]]] = []
    cache: Any = None
    deadline = time.perf_counter() + task.max_seconds
    for number in range(1 + min(MAX_ROUNDS, max(1, task.iterations))):
        wait()
        begun = time.perf_counter()
        encoded = encoder(**of_encoder)
        wait()
        encoder_ms = (time.perf_counter() - begun) * 1000
        token, cache, steps = prompt, None, []
        for _ in range(NEW_TOKENS):
            begun = time.perf_counter()
            output = model(
                encoder_outputs=encoded, decoder_input_ids=token, past_key_values=cache, use_cache=True, **mask
            )
            cache = output.past_key_values
            token = output.logits[:, -1:].argmax(-1)
            wait()
            steps.append((time.perf_counter() - begun) * 1000)
        if number > 0:
            encoder_times.append(encoder_ms)
            rounds.append((encoder_ms + steps[0], steps[1:]))
        if rounds and time.perf_counter() > deadline:
            break
    return [
        _metric("encoder_ms", "ms", "lower", encoder_times),
        *_token_metrics(rounds, int(prompt.shape[0]), cache),
    ]


def _metric(name: str, unit: str, better: str, values: list[float]) -> dict[str, Any]:
    return {"metric": name, "unit": unit, "better": better, "values": values}


def cache_bytes(cache: Any) -> int:
    """Of the keys and values of all layers; of an encoder-decoder of both kinds of attention."""
    parts = [getattr(cache, name, None) for name in ("self_attention_cache", "cross_attention_cache")]
    if any(part is not None for part in parts):
        return sum(cache_bytes(part) for part in parts if part is not None)
    layers = getattr(cache, "layers", None)
    if layers is None:
        pairs = [tensor for layer in cache for tensor in layer]
    else:
        pairs = [
            tensor for layer in layers for tensor in (getattr(layer, "keys", None), getattr(layer, "values", None))
        ]
    return sum(tensor.numel() * tensor.element_size() for tensor in pairs if tensor is not None)
