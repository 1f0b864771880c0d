"""What a forward pass asks for, against what arithmetic says."""

import pytest

torch = pytest.importorskip("torch")


def workload(model_type: str, size: str) -> object:
    from benchwire_runner.model_types.recipe import stored_recipes
    from benchwire_runner.model_types.workload import known_workload

    return known_workload(model_type, stored_recipes()[model_type], size=size)


def test_the_operations_of_bert_base_are_those_of_its_matrices() -> None:
    found = workload("bert", "base")
    layers, width, inner, tokens = 12, 768, 3072, 128
    matrices = layers * (4 * width**2 + 2 * width * inner) * tokens + width**2
    attention = layers * 2 * tokens**2 * width
    assert found["flops"] == 2 * (matrices + attention)
    assert found["parameters"] == 109_482_240
    # Positions and token types are buffers.
    assert found["weight_bytes"] - 4 * found["parameters"] == 2 * 512 * 8
    assert sum(found["kinds"].values()) <= found["operators"]


def test_activations_are_at_least_the_widest_layer_and_bytes_at_least_the_weights() -> None:
    found = workload("bert", "base")
    assert found["activation_bytes"] >= 4 * 128 * (3072 + 768)
    assert found["bytes_moved"] > 4 * 85_000_000


def test_a_model_that_no_memory_holds_is_counted() -> None:
    found = workload("llama", "base")
    assert found["weight_bytes"] > 25e9
    assert found["flops"] > 2 * 6e9 * 128


def test_experts_count_for_the_tokens_that_go_to_them() -> None:
    found = workload("mixtral", "tiny")
    assert "reason" not in found
    assert found["flops"] > 0


def test_a_model_that_reads_values_is_computed_where_it_is_small_and_else_has_its_weights_and_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchwire_runner.model_types import workload as module

    def reads_values(*_: object, **__: object) -> None:
        raise RuntimeError("aten._local_scalar_dense.default")

    monkeypatch.setattr(module, "workload_of", reads_values)
    computed = workload("bert", "tiny")
    assert "reason" not in computed
    assert (computed["parameters"], computed["weight_bytes"]) == (610_176, 2_448_896)
    assert computed["flops"] > 0
    monkeypatch.setattr(module, "MAX_COMPUTED_WEIGHT_BYTES", 0)
    assert workload("bert", "tiny") == {
        "parameters": 610_176,
        "weight_bytes": 2_448_896,
        "reason": "RuntimeError: aten._local_scalar_dense.default",
    }
