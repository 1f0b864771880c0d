# ruff: noqa: E402  what is imported needs PyTorch
"""The rules that make configurations small, and those that change a guess by an error."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchwire_runner.model_types.build import build_by_recipe
from benchwire_runner.model_types.classes import all_model_types, candidates
from benchwire_runner.model_types.construct import construct, make_config
from benchwire_runner.model_types.export_stages import difference
from benchwire_runner.model_types.find import find_recipe
from benchwire_runner.model_types.hints import HINTS
from benchwire_runner.model_types.inputs.facts import Facts
from benchwire_runner.model_types.inputs.plan import Plan, modalities_of, specs_of
from benchwire_runner.model_types.inputs.repair import repair
from benchwire_runner.model_types.inputs.spec import InputSpec, batch_of, one_item, spec_from_json
from benchwire_runner.model_types.recipe import recipe_from_json
from benchwire_runner.model_types.special_tokens import special_ids


@pytest.mark.parametrize(
    "model_type", ["bert", "llama", "qwen2", "whisper", "t5", "mixtral", "qwen2_vl", "deepseek_v3"]
)
def test_small_configurations_keep_head_sizes_and_fit_together(model_type: str) -> None:
    default, small = make_config(model_type, "D"), make_config(model_type, "H")
    default, small = default.get_text_config(), small.get_text_config()
    assert small.hidden_size < default.hidden_size
    before = getattr(default, "head_dim", None) or default.hidden_size // default.num_attention_heads
    after = getattr(small, "head_dim", None) or small.hidden_size // small.num_attention_heads
    assert before == after
    assert small.num_attention_heads >= 2
    groups = getattr(small, "num_key_value_heads", None) or small.num_attention_heads
    assert small.num_attention_heads % groups == 0
    assert all(0 <= token < small.vocab_size for token in special_ids(small))


@pytest.mark.parametrize(
    ("model_type", "path", "expected"),
    [
        ("dbrx", "attn_config.rope_theta", 10_000.0),
        ("dots1", "n_shared_experts", 1),
        ("xmod", "default_language", "en_XX"),
        ("blt", "encoder_hash_byte_group_vocab", 1024),
        # Time, height and width together are half of a head.
        ("glm4v_text", "rope_parameters", [16, 24, 24]),
    ],
)
def test_fills_what_default_configurations_leave_out(model_type: str, path: str, expected: object) -> None:
    value: object = make_config(model_type, "H")
    for name in path.split("."):
        value = getattr(value, name)
    assert (value["mrope_section"] if isinstance(value, dict) else value) == expected


def test_a_shorter_input_than_the_place_that_is_looked_at_is_passed_over() -> None:
    facts = Facts(make_config("layoutlmv3", "H"), "tiny", {})
    specs = {"bbox": InputSpec([1, 4], "normal"), "pixel_values": InputSpec([1, 3, 8, 8], "normal")}
    plan = Plan(names=list(specs), mode="full")
    message = "The size of tensor a (8) must match the size of tensor b (16) at non-singleton dimension 2"
    assert repair(RuntimeError(message), plan, specs, facts, list(specs))
    assert plan.shapes == {"pixel_values": [1, 3, 8, 16]}


def test_every_kind_of_layer_stays() -> None:
    small = make_config("gemma3_text", "H")
    assert set(small.layer_types) == set(make_config("gemma3_text", "D").layer_types)
    assert len(small.layer_types) == small.num_hidden_layers


def test_transformers_knows_822_types_and_a_class_for_bert() -> None:
    assert len(all_model_types()) == 822
    assert candidates("bert", None)[0].cls.__name__ == "BertModel"
    assert candidates("gpt2", None)[0].cls.__name__ == "GPT2LMHeadModel"
    assert candidates("bert", "object-detection") == []


def test_ids_avoid_special_tokens_and_hold_placeholders() -> None:
    spec = InputSpec([1, 40], "ids", "int", below=10, avoid=[0, 1, 9], placeholders=[(9, 5)])
    ids = one_item(spec, 1, torch.float32)[0].tolist()
    assert ids[1:6] == [9] * 5
    assert set(ids[:1] + ids[6:]) <= set(range(2, 9))
    assert spec_from_json(spec.as_json()) == spec


def test_a_batch_begins_with_the_same_item() -> None:
    specs = {"x": InputSpec([4, 8], "normal"), "grid": InputSpec([1, 3], "values", "int", values=[1, 2, 2])}
    one, three = batch_of(specs, 1, 5, torch.float32), batch_of(specs, 3, 5, torch.float32)
    assert three["x"].shape == (12, 8) and three["grid"].shape == (3, 3)
    assert torch.equal(three["x"][:4], one["x"]) and not torch.equal(three["x"][4:8], one["x"])


@pytest.mark.parametrize(
    ("message", "name", "shape"),
    [
        ("Input image size (64*64) doesn't match model (32*48).", "pixel_values", [1, 3, 32, 48]),
        ("expected input[1, 3, 64, 64] to have 4 channels, but got 3 channels instead", "pixel_values", [1, 4, 64, 64]),
    ],
)
def test_errors_say_which_size_is_wrong(message: str, name: str, shape: list[int]) -> None:
    facts = Facts(make_config("vit", "H"), "tiny", {})
    plan = Plan(["pixel_values"], "full", layouts={"pixel_values": "image"})
    assert repair(RuntimeError(message), plan, specs_of(plan, facts), facts, ["pixel_values"])
    assert specs_of(plan, facts)[name].shape == shape


def test_a_missing_argument_is_added_and_an_unknown_error_changes_nothing() -> None:
    facts = Facts(make_config("bert", "H"), "tiny", {})
    plan = Plan(["input_ids"], "full")
    signature = ["input_ids", "bbox"]
    missing = TypeError("X.forward() missing 1 required positional argument: 'bbox'")
    assert repair(missing, plan, specs_of(plan, facts), facts, signature)
    assert plan.names == ["input_ids", "bbox"]
    assert not repair(RuntimeError("something else"), plan, specs_of(plan, facts), facts, signature)


def test_a_value_that_is_none_is_found_in_the_line_that_failed(tmp_path: Path) -> None:
    file = tmp_path / "transformers" / "models" / "x" / "modeling_x.py"
    file.parent.mkdir(parents=True)
    file.write_text("def forward(bbox=None, position_ids=None):\n    return bbox.shape\n")
    module: dict[str, object] = {}
    exec(compile(file.read_text(), str(file), "exec"), module)
    facts = Facts(make_config("bert", "H"), "tiny", {})
    plan = Plan(["input_ids"], "full")
    with pytest.raises(AttributeError) as failed:
        module["forward"]()  # type: ignore[operator]
    assert repair(failed.value, plan, specs_of(plan, facts), facts, ["input_ids", "bbox", "position_ids"])
    assert plan.names == ["input_ids", "bbox"]


def test_a_large_image_comes_in_as_many_tiles_as_the_model_splits_it_into() -> None:
    facts = Facts(make_config("vit", "H"), "tiny", {})
    plan = Plan(["pixel_values"], "full", layouts={"pixel_values": "image"})
    cause = RuntimeError(
        "split_with_sizes expects split_sizes to sum exactly to 1 (input tensor's size at dimension 0), but got split_sizes=[5]"
    )
    assert repair(cause, plan, specs_of(plan, facts), facts, ["pixel_values"])
    assert specs_of(plan, facts)["pixel_values"].shape == [1, 5, 3, 64, 64]


def test_a_modality_that_forward_has_no_parameter_for_is_not_declared() -> None:
    config = make_config("gemma3_text", "H")
    model = construct(candidates("gemma3_text", None)[0].cls, config, seed=1)
    assert "image" in (model.input_modalities or ()) and modalities_of(model) == ["text"]


def test_a_hint_gives_inputs_and_fields_that_the_recipe_keeps() -> None:
    recipe = find_recipe("lxmert", cpu_seconds=30)
    assert recipe.as_json()["given"]["visual_feats"] == {"shape": [1, 4, 2048], "fill": "normal"}
    again = recipe_from_json(json.loads(json.dumps(recipe.as_json())))
    built = build_by_recipe("lxmert", again, size="tiny", seed=1)
    assert built.inputs(2)["visual_feats"].shape == (2, 4, 2048)
    assert make_config("falcon_h1", "H", HINTS["falcon_h1"].fields).mamba_n_heads == 16


def test_outputs_are_compared_relative_to_their_range_and_infinities_by_place() -> None:
    want, near = torch.tensor([1.0, -100.0]), torch.tensor([1.0, -100.01])
    assert difference([want], [near]) == pytest.approx(1e-4, rel=0.01)
    masked = torch.tensor([float("-inf"), 2.0])
    assert difference([masked], [masked.clone()]) == 0
    assert difference([masked], [torch.tensor([3.0, 2.0])]) == float("inf")
