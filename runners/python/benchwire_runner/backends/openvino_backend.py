"""OpenVINO: ONNX files, on the devices that OpenVINO lists."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy
import openvino
import openvino.properties as properties
import openvino.properties.hint as hints

from ..errors import TaskFailure
from ..measure import Inference
from ..task import Task
from . import Loaded

DEVICES = {"cpu": "CPU", "openvino": "GPU", "npu": "NPU"}
"""By hardware class: OpenVINO calls Intel's graphics GPU."""
PRECISIONS = {"fp32": openvino.Type.f32, "fp16": openvino.Type.f16, "bf16": openvino.Type.bf16}
CAPABILITIES = {"fp32": "FP32", "fp16": "FP16", "bf16": "BF16"}


def load() -> dict[str, str]:
    """The version; what it needs for a device is loaded when a model is compiled for it."""
    return {"openvino": openvino.__version__.split("-")[0]}


def warm(model: str) -> None:
    """Files have no code."""


def devices() -> list[dict[str, Any]]:
    """What OpenVINO lists here."""
    core = openvino.Core()
    classes = {name: hardware for hardware, name in DEVICES.items()}
    return [
        {
            "class": classes.get(name.split(".")[0], "openvino"),
            "name": core.get_property(name, properties.device.full_name),
            "device": name,
            "precisions": list(core.get_property(name, properties.device.capabilities)),
        }
        for name in core.available_devices
    ]


def prepare(task: Task, progress: Callable[[str], None]) -> Loaded:
    """Reads the file `options["model_path"]`; each batch size is compiled for its own sizes."""
    core = openvino.Core()
    device = _device_of(core, task.device)
    precision = _precision_of(core, device, task.precision)
    started = time.perf_counter()
    try:
        model = core.read_model(task.options["model_path"])
    except RuntimeError as error:
        raise TaskFailure(
            "bad_model", "MODEL_NOT_LOADED", f"OpenVINO does not read the model. {_words(error)}"
        ) from error
    load_ms = (time.perf_counter() - started) * 1000
    return OpenvinoMeasurement(task, core, model, device, precision, progress).loaded(load_ms)


def _device_of(core: openvino.Core, hardware: str) -> str:
    device = DEVICES.get(hardware)
    listed = core.available_devices
    if device is None:
        raise TaskFailure("bad_input", "PROVIDER_MISSING", f"OpenVINO has no devices of the class {hardware}.")
    found: str | None = next((name for name in listed if name.split(".")[0] == device), None)
    if found is None:
        text = f"OpenVINO {openvino.__version__} lists no {device} here, only {', '.join(listed) or 'nothing'}."
        raise TaskFailure("device_error", "PROVIDER_NOT_USABLE", text)
    return found


def _precision_of(core: openvino.Core, device: str, precision: str) -> Any:
    """What the device shall compute in; None for what OpenVINO chooses."""
    if precision == "default":
        return None
    capabilities = list(core.get_property(device, properties.device.capabilities))
    if CAPABILITIES.get(precision) not in capabilities:
        has = [name for name, capability in CAPABILITIES.items() if capability in capabilities]
        text = f"{device} computes no {precision}, only {', '.join(has)}: choose one of them, or leave config.precision out."
        raise TaskFailure("bad_input", "PRECISION_NOT_AVAILABLE", text)
    return PRECISIONS[precision]


def _words(error: BaseException) -> str:
    """The last line of OpenVINO's text is the reason; those before it are places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:600]


class OpenvinoMeasurement:
    """One model on one device."""

    def __init__(
        self, task: Task, core: openvino.Core, model: Any, device: str, precision: Any, progress: Callable[[str], None]
    ) -> None:
        self._task = task
        self._core = core
        self._model = model
        self._device = device
        self._precision = precision
        self._progress = progress
        self._threads: int | None = task.options.get("intra_op_num_threads")
        self._compiled: Any = None
        self._compile_ms: float | None = None

    def loaded(self, load_ms: float) -> Loaded:
        """What the measured loop needs of it."""
        facts = {
            "openvino_device": self._device,
            "openvino_device_name": self._core.get_property(self._device, properties.device.full_name),
        }
        return Loaded(
            facts=facts,
            timings={"load_ms": load_ms},
            inference=self._inference,
            prove=self._prove,
            compile_ms=lambda: self._compile_ms,
            set_threads=self._set_threads,
        )

    def _set_threads(self, threads: int) -> None:
        self._threads = threads

    def _inference(self, batch_size: int) -> Inference:
        feeds = {each["name"]: _tensor_of(each) for each in self._task.options["feeds"][str(batch_size)]}
        self._progress("compiling")
        settings: dict[Any, Any] = {hints.performance_mode: hints.PerformanceMode.LATENCY}
        if self._precision is not None:
            settings[hints.inference_precision] = self._precision
        if self._threads is not None:
            settings[properties.inference_num_threads] = self._threads
        # The one of the batch size before it must not be there beside it.
        self._compiled = None
        started = time.perf_counter()
        try:
            model = self._model.clone()
            model.reshape({name: list(tensor.shape) for name, tensor in feeds.items()})
            self._compiled = self._core.compile_model(model, self._device, settings)
        except RuntimeError as error:
            text = f"OpenVINO does not compile the model for {self._device}. {_words(error)}"
            raise TaskFailure("bad_model", "MODEL_FAILED", text) from error
        self._compile_ms = (time.perf_counter() - started) * 1000
        request = self._compiled.create_infer_request()
        for name, tensor in feeds.items():
            request.set_tensor(name, openvino.Tensor(tensor))
        # Keeps the memory of the inputs, which the request only refers to.
        request.benchwire_inputs = feeds
        run = request.infer

        def infer() -> None:
            run()

        return infer

    def _prove(self) -> None:
        """That the device that was asked for runs it, and in that precision."""
        used = list(self._compiled.get_property(properties.execution_devices))
        if used != [self._device]:
            text = f"The model was to run on {self._device}, and OpenVINO runs it on {', '.join(used)}."
            raise TaskFailure("device_error", "PROVIDER_NOT_USED", text)
        if self._precision is None:
            return
        found = self._compiled.get_property(hints.inference_precision)
        if found != self._precision:
            text = f"{self._task.precision} was asked for, and OpenVINO computes in {found.get_type_name()} on {self._device}."
            raise TaskFailure("device_error", "PROVIDER_NOT_USED", text)


def _tensor_of(feed: dict[str, Any]) -> Any:
    """Elements as the worker wrote them: little-endian bytes of a file, with their type and shape."""
    dtype = numpy.dtype(feed["type"]).newbyteorder("<")
    return numpy.fromfile(feed["path"], dtype=dtype).astype(numpy.dtype(feed["type"])).reshape(feed["shape"])
