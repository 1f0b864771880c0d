"""Exports of small models, checked and compared. Only where PyTorch and the packages for ONNX are."""

from pathlib import Path
from typing import Any

import pytest
from test_measure import task

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


class Said:
    """What a task reports."""

    def __init__(self) -> None:
        self.batch_size: int | None = None
        self.messages: dict[str, dict[str, Any]] = {}

    def say(self, kind: str, **fields: Any) -> None:
        self.messages[kind] = fields

    def progress(self, phase: str) -> None:
        self.say("progress", phase=phase)


def exported(model: str, path: Path, opset: int = 18, **options: Any) -> dict[str, dict[str, Any]]:
    from benchwire_runner.backends import export_backend

    said = Said()
    asked = {"size": "tiny", "opset": opset, "output_path": str(path), "intra_op_num_threads": 1, **options}
    export_backend.work(task(model=model, options=asked), said)  # type: ignore[arg-type]
    return said.messages


def test_a_model_with_several_inputs_is_exported_with_an_open_batch_and_computes_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    said = exported("bert", path, dimensions={"sequence_length": 8})
    assert said["exported"]["batch_sizes"] == [1, 2]
    assert said["exported"]["size_bytes"] == path.stat().st_size
    assert 0 <= said["exported"]["relative_error"] < 1e-5
    assert said["exported"]["largest_difference"] < 1e-5
    inputs = {
        each.name: [d.dim_param or d.dim_value for d in each.type.tensor_type.shape.dim]
        for each in onnx.load(str(path)).graph.input
    }
    assert len(inputs) > 1
    assert all(shape == ["batch", 8] for shape in inputs.values())


def test_the_file_has_the_opset_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    said = exported("vit", path, opset=20)
    assert said["loaded"]["facts"]["onnx_opset"] == 20
    assert {each.version for each in onnx.load(str(path)).opset_import if each.domain == ""} == {20}


def test_a_mask_that_the_exporter_loses_is_found_and_the_plain_attention_taken(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    said = exported("aimv2_text_model", path)
    assert said["exported"]["largest_difference"] < 1e-4
    assert "exported with the plain attention" in said["loaded"]["notes"][-1]
    assert [each.name for each in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("model", ["encodec", "qwen2_vl"])
def test_a_model_that_branches_on_values_or_computes_inputs_outside_of_the_graph_is_traced(
    model: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    said = exported(model, path)
    assert said["loaded"]["facts"]["onnx_exporter"] == "torch.onnx tracer"
    assert said["exported"]["largest_difference"] < 1e-4
    assert any(note.startswith("traced: ") for note in said["loaded"]["notes"])


def test_a_model_that_no_exporter_takes_gives_their_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchwire_runner.backends import export_backend
    from benchwire_runner.errors import TaskFailure
    from benchwire_runner.model_types import Built

    class Branches(torch.nn.Module):
        """Its result depends on what is in the input, which no graph can follow."""

        def forward(self, x: Any) -> Any:
            return x * 2 if int((x > 0).sum()) % 2 == 0 else x.numpy().tolist()[0]

    built = Built(Branches(), lambda size: {"x": torch.ones(size, 3)}, {}, "Branches", "forward", 0, {})
    monkeypatch.setattr(export_backend, "build", lambda *_args, **_options: built)
    with pytest.raises(TaskFailure) as caught:
        exported("branches", tmp_path / "model.onnx")
    assert caught.value.code == "NOT_EXPORTABLE"
    assert "Branches" in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_another_result_is_a_difference() -> None:
    numpy = pytest.importorskip("numpy")
    from benchwire_runner.backends.export_backend import MISMATCH, difference

    one = numpy.array([1.0, 2.0, -4.0])
    assert difference([one], [one]) == (0, 0)
    assert difference([one], [one + numpy.array([0, 0, 0.4])])[1] == pytest.approx(0.1)
    assert difference([one], [one[:2]]) == (MISMATCH, MISMATCH)
    assert difference([one], [numpy.array([1.0, numpy.inf, -4.0])]) == (MISMATCH, MISMATCH)
