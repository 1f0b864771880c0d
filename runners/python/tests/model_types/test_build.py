# ruff: noqa: E402  what is imported needs PyTorch
"""Types of all kinds are built, fed and run; what cannot be built says why."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
if not torch.cuda.is_available():
    torch.cuda.is_current_stream_capturing = lambda: False

from benchwire_runner.errors import BuildError
from benchwire_runner.model_types import Built, build

# One of each kind: encoders, decoders, encoder-decoders, mixtures, state spaces, images, video, sound, pairs, time series, parts.
SAMPLE = {
    "bert": "forward",
    "distilbert": "forward",
    "deberta-v2": "forward",
    "gpt2": "causal_lm",
    "llama": "causal_lm",
    "qwen3": "causal_lm",
    "mixtral": "causal_lm",
    "mamba": "causal_lm",
    "bloom": "causal_lm",
    "t5": "seq2seq",
    "bart": "seq2seq",
    "whisper": "seq2seq",
    "vit": "forward",
    "swin": "forward",
    "convnext": "forward",
    "resnet": "forward",
    "segformer": "forward",
    "videomae": "forward",
    "wav2vec2": "forward",
    "clip": "forward",
    "siglip": "forward",
    "layoutlm": "forward",
    "qwen2_vl": "forward",
    "encodec": "forward",
}


def tiny(model_type: str, **changed: object) -> Built:
    given = {"size": "tiny", "task": None, "seed": 3, "dtype": "fp32", "device": "cpu", "dimensions": {}, **changed}
    return build(model_type, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(("model_type", "kind"), SAMPLE.items())
def test_runs_forward_twice_with_the_same_result(model_type: str, kind: str) -> None:
    built = tiny(model_type)
    assert built.kind == kind
    assert 0 < built.parameters < 150_000_000
    assert built.dimensions
    with torch.no_grad():
        torch.manual_seed(0)
        first = built.model(**built.inputs(1))[0]
        torch.manual_seed(0)
        second = built.model(**built.inputs(1))[0]
    assert torch.equal(first, second)


def test_weights_and_inputs_follow_from_the_seed() -> None:
    same, again, other = tiny("bert"), tiny("bert"), tiny("bert", seed=4)
    weights = [next(iter(each.model.parameters())) for each in (same, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert torch.equal(same.inputs(2)["input_ids"], again.inputs(2)["input_ids"])
    # The first item does not depend on how many there are, and the items differ.
    assert torch.equal(same.inputs(2)["input_ids"][:1], same.inputs(1)["input_ids"])
    assert not torch.equal(same.inputs(2)["input_ids"][:1], same.inputs(2)["input_ids"][1:])


def test_sizes_of_inputs_can_be_asked_for() -> None:
    built = tiny("bert", dimensions={"sequence_length": 24})
    assert built.inputs(3)["input_ids"].shape == (3, 24)
    assert built.dimensions["sequence_length"] == 24
    picture = tiny("vit", dimensions={"image_size": 96})
    assert picture.inputs(2)["pixel_values"].shape[-2:] == (96, 96)
    with torch.no_grad():
        picture.model(**picture.inputs(2))


def test_fields_of_the_configuration_can_be_changed() -> None:
    built = tiny("bert", size={"size": "tiny", "num_hidden_layers": 3})
    assert built.model.config.num_hidden_layers == 3


def test_a_task_has_its_own_class() -> None:
    assert tiny("bert", task="fill-mask").model_class == "BertForMaskedLM"


@pytest.mark.parametrize("dtype", ["bf16", "fp16"])
def test_other_precisions(dtype: str) -> None:
    built = tiny("vit", dtype=dtype)
    wanted = {"bf16": torch.bfloat16, "fp16": torch.float16}[dtype]
    assert built.inputs(1)["pixel_values"].dtype == wanted
    assert next(built.model.parameters()).dtype == wanted


@pytest.mark.parametrize(
    ("model_type", "changed", "code", "message"),
    [
        ("bart2", {}, "unknown_model_type", r"Did you mean"),
        ("zzzzzzzz", {}, "unknown_model_type", r"bw models"),
        ("bert", {"size": "huge"}, "invalid_config", r"tiny, base"),
        ("bert", {"size": {"num_layerz": 2}}, "invalid_config", r"num_layerz"),
        ("bert", {"dimensions": {"sequenc_length": 2}}, "invalid_config", r"sequence_length"),
        ("bert", {"dimensions": {"sequence_length": 0}}, "invalid_config", r"at least 1"),
        ("bert", {"dtype": "int3"}, "invalid_config", r"fp32"),
    ],
)
def test_bad_input_is_a_clear_error(model_type: str, changed: dict[str, object], code: str, message: str) -> None:
    with pytest.raises(BuildError, match=message) as raised:
        tiny(model_type, **changed)
    assert raised.value.build_code == code
