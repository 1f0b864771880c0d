"""Builds a model of a type, with random weights, and its inputs."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from transformers import CONFIG_MAPPING, AutoConfig, AutoModel, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_MAPPING_NAMES

from ..errors import BuildError

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
TINY = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "vocab_size": 1024,
}


@dataclass
class Built:
    """A model on its device, and how its inputs are made."""

    model: Any
    inputs: Callable[[int], dict[str, Any]]
    recipe: dict[str, Any]
    model_class: str
    kind: str
    parameters: int
    dimensions: dict[str, int]


def build(
    model_type: str,
    *,
    size: str | dict[str, Any],
    task: str | None,
    seed: int,
    dtype: str,
    device: str,
    dimensions: dict[str, int],
) -> Built:
    """Builds a text or image model by the simplest rule."""
    if model_type not in CONFIG_MAPPING:
        near = difflib.get_close_matches(model_type, list(CONFIG_MAPPING), 3)
        hint = f": did you mean {', '.join(near)}?" if near else "."
        raise BuildError("unknown_model_type", f'there is no model type "{model_type}"{hint}')
    overrides = TINY if size == "tiny" else {} if size == "base" else dict(size) if isinstance(size, dict) else {}
    known = AutoConfig.for_model(model_type)
    config = AutoConfig.for_model(
        model_type, **{name: value for name, value in overrides.items() if hasattr(known, name)}
    )
    generates = model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and model_type not in ("bert",)
    torch.manual_seed(seed)
    if not generates and model_type not in MODEL_MAPPING_NAMES:
        raise BuildError("model_failed", f'"{model_type}" has no model class of its own.')
    model = (AutoModelForCausalLM if generates else AutoModel).from_config(config, dtype=DTYPES[dtype])
    model = model.to(device).eval()
    is_image = model.main_input_name == "pixel_values"
    image = dimensions.get("image_size", getattr(config, "image_size", 224))
    length = dimensions.get("sequence_length", 32)

    def inputs(batch_size: int) -> dict[str, Any]:
        random = torch.Generator().manual_seed(seed)
        if is_image:
            shape = (batch_size, config.num_channels, image, image)
            return {"pixel_values": torch.rand(shape, generator=random).to(device, DTYPES[dtype])}
        ids = torch.randint(1, config.vocab_size, (batch_size, length), generator=random)
        return {"input_ids": ids.to(device), "attention_mask": torch.ones_like(ids).to(device)}

    return Built(
        model=model,
        inputs=inputs,
        recipe={"size": size},
        model_class=type(model).__name__,
        kind="causal_lm" if generates else "forward",
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        dimensions={"image_size": image} if is_image else {"sequence_length": length},
    )
