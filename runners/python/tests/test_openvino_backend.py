"""ONNX files in OpenVINO. Only where that is installed."""

import base64
from pathlib import Path
from typing import Any

import pytest
from test_measure import task

numpy = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")

RELU = base64.b64decode("CAc6MwoMCgF4EgF5IgRSZWx1EgFnWg8KAXgSCgoICAESBAoCCANiDwoBeRIKCggIARIECgIIA0IECgAQDQ==")
"""One Relu over three numbers."""


def prepared(tmp_path: Path, content: bytes = RELU, **changes: Any) -> Any:
    from benchwire_runner.backends import openvino_backend

    model, feed = tmp_path / "model.onnx", tmp_path / "x.bin"
    model.write_bytes(content)
    numpy.array([-1, 0, 2], dtype="<f4").tofile(feed)
    feeds = {"1": [{"name": "x", "type": "float32", "shape": [3], "path": str(feed)}]}
    options = {"model_path": str(model), "feeds": feeds, "intra_op_num_threads": 1}
    return openvino_backend.prepare(task(options=options, **changes), lambda _: None)


def test_a_file_runs_on_the_device_that_was_asked_for(tmp_path: Path) -> None:
    loaded = prepared(tmp_path)
    infer = loaded.inference(1)
    assert infer() is None
    loaded.prove()
    assert loaded.facts["openvino_device"] == "CPU"
    assert loaded.compile_ms() > 0
    assert set(loaded.timings) == {"load_ms"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"device": "npu"}, "PROVIDER_NOT_USABLE"),
        ({"device": "cuda"}, "PROVIDER_MISSING"),
        ({"precision": "fp8"}, "PRECISION_NOT_AVAILABLE"),
        ({"content": b"nonsense"}, "MODEL_NOT_LOADED"),
    ],
)
def test_what_cannot_run_is_an_error_of_its_kind(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    from benchwire_runner.errors import TaskFailure

    if "NPU" in openvino.Core().available_devices and changes.get("device") == "npu":
        pytest.skip("this machine has it")
    with pytest.raises(TaskFailure) as caught:
        prepared(tmp_path, **changes)
    assert caught.value.code == code
