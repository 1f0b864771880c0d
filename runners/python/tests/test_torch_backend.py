"""What the torch backend adds to a model: generation, compilation, proof of the device. Only where PyTorch is."""

import os
from typing import Any

import pytest
from test_measure import task

torch = pytest.importorskip("torch")


def prepared(model: str, **options: Any) -> Any:
    from benchwire_runner.backends import torch_backend

    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    asked = {"size": size, "intra_op_num_threads": 1, "dimensions": {"sequence_length": 8}, **options}
    return torch_backend.prepare(task(model=model, options=asked, iterations=2), lambda _: None)


def test_a_model_runs_where_it_was_asked_to_run() -> None:
    loaded = prepared("bert")
    infer = loaded.inference(2)
    assert infer() is None
    assert torch.is_inference_mode_enabled()
    loaded.prove()
    assert loaded.facts["model_parameters"] > 0
    assert loaded.device_memory_mb() is None


def test_a_generating_model_is_measured_by_prefill_and_decode() -> None:
    small = {"n_embd": 32, "n_layer": 2, "n_head": 2, "vocab_size": 128, "n_positions": 64}
    loaded = prepared("gpt2", size=small)
    loaded.inference(2)()
    metrics = {each["metric"]: each["values"] for each in loaded.metrics(2)}
    assert set(metrics) == {
        "time_to_first_token_ms",
        "time_per_output_token_ms",
        "tokens_per_second",
        "kv_cache_bytes",
    }
    # Keys and values, 2 layers, batch 2, 8 tokens of the prompt and 15 that were fed back, 32 wide, 4 bytes each.
    assert metrics["kv_cache_bytes"] == [2 * 2 * 2 * (8 + 15) * 32 * 4]


@pytest.mark.parametrize("model", ["t5", "whisper"])
def test_an_encoder_decoder_is_measured_by_encoder_and_step(model: str) -> None:
    loaded = prepared(model, size="tiny", dimensions={})
    loaded.inference(1)()
    metrics = {each["metric"]: each["values"] for each in loaded.metrics(1)}
    assert set(metrics) == {
        "encoder_ms",
        "time_to_first_token_ms",
        "time_per_output_token_ms",
        "tokens_per_second",
        "kv_cache_bytes",
    }
    assert len(metrics["encoder_ms"]) == len(metrics["time_to_first_token_ms"]) > 0
    assert all(one < whole for one, whole in zip(metrics["encoder_ms"], metrics["time_to_first_token_ms"], strict=True))
    assert metrics["kv_cache_bytes"][0] > 0


def test_a_precision_that_is_not_there_is_named() -> None:
    from benchwire_runner.backends import torch_backend
    from benchwire_runner.errors import TaskFailure

    with pytest.raises(TaskFailure, match="int7"):
        torch_backend.prepare(task(precision="int7", options={"size": "tiny"}), lambda _: None)


def test_a_model_that_has_no_room_is_refused_before_anything_is_loaded() -> None:
    from benchwire_runner.backends import torch_backend
    from benchwire_runner.errors import TaskFailure
    from benchwire_runner.processes import resident_mb
    from benchwire_runner.task import Limits

    before = resident_mb(os.getpid()) or 0
    for limits, size in (
        (Limits(memory_mb=before + 100), "base"),
        (Limits(), {"hidden_size": 49_152, "intermediate_size": 196_608}),
    ):
        with pytest.raises(TaskFailure, match="MB are free") as caught:
            torch_backend.prepare(task(model="bert", options={"size": size}, limits=limits), lambda _: None)
        assert (caught.value.error_class, caught.value.code) == ("out_of_memory", "ALLOCATION_FAILED")
    # 438 MB of weights were not drawn.
    assert (resident_mb(os.getpid()) or 0) - before < 300


def test_a_device_that_is_not_there_is_an_error_of_the_device() -> None:
    from benchwire_runner.backends import torch_backend
    from benchwire_runner.errors import TaskFailure

    if torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    with pytest.raises(TaskFailure) as caught:
        torch_backend.prepare(task(device="mps", options={"size": "tiny"}), lambda _: None)
    assert caught.value.code == "PROVIDER_NOT_USABLE"


def test_the_start_of_a_model_is_measured_in_a_fresh_process() -> None:
    from benchwire_runner.protocol import encode
    from benchwire_runner.startup import startup_metrics

    message = {
        **{"type": "task", "id": "x", "model": "bert", "device": "cpu", "batch_sizes": [1], "precision": "fp32", "seed": 1},
        "measure": {"scenario": "single_stream", "iterations": 1, "warmup_iterations": 0, "max_seconds": 9, "target_qps": None},
        "options": {"size": "tiny", "startup_rounds": 2, "intra_op_num_threads": 1},
        **{"variables": {}, "limits": {"wall_seconds": None, "cpu_seconds": None, "memory_mb": None}},
    }  # fmt: skip
    assert encode(message)
    asked = task(message=message, options=message["options"])
    measured, notes = startup_metrics(asked, lambda _: None, forks=True)
    values = {each["metric"]: each["values"] for each in measured}
    assert set(values) == {
        "library_import_ms",
        "module_import_ms",
        "class_instantiation_ms",
        "model_initialization_ms",
    }
    assert len(values["module_import_ms"]) == 2 and len(values["library_import_ms"]) == 1
    # A module that another round has imported would take no time at all.
    assert min(values["module_import_ms"]) > 5
    assert notes == []
    assert startup_metrics(task(options={}), lambda _: None, forks=True) == ([], [])
