"""PyTorch: any model type that transformers builds from its configuration, with random weights."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

import torch
import transformers

from ..errors import BuildError, TaskFailure
from ..measure import Inference
from ..model_types import Built, build
from ..model_types.build import config_of
from ..model_types.classes import candidates
from ..model_types.construct import count_parameters, make_config
from ..model_types.recipe import stored_recipes
from ..processes import available_memory_mb, resident_mb
from ..task import Task
from . import Loaded
from .generation import measure_encoder_decoder, measure_generation

BYTES_OF = {"fp32": 4, "fp16": 2, "bf16": 2}
PRECISIONS = tuple(BYTES_OF)
DEVICES = {"cpu": "cpu", "cuda": "cuda:0", "rocm": "cuda:0", "mps": "mps", "xpu": "xpu:0"}
"""By hardware class. ROCm builds of PyTorch call their devices cuda."""
MIB = 1024 * 1024
_INFERENCE_MODE = torch.inference_mode()
"""For the rest of a task's process: nothing is trained here. The mode ends when nothing refers to it any more."""


def load() -> dict[str, str]:
    """Imports what every task needs. No thread pool is started here and no device touched: a fork would not survive either."""
    import transformers.models.auto.modeling_auto

    transformers.utils.logging.set_verbosity_error()
    stored_recipes()
    # What nearly every model imports and fills caches with; no weights are made.
    warm("bert")
    count_parameters(transformers.BertModel, make_config("bert", "H"))
    return _versions()


def warm(model: str) -> None:
    """Imports the module of a model type."""
    with contextlib.suppress(Exception):
        recipe = stored_recipes().get(model)
        candidates(model, None if recipe is None else recipe.task)


def _versions() -> dict[str, str]:
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    for name in ("cuda", "hip", "xpu"):
        version = getattr(torch.version, name, None)
        if version is not None:
            versions[name] = str(version)
    return versions


def devices() -> list[dict[str, Any]]:
    """What this build can use on this machine."""
    found: list[dict[str, Any]] = [{"class": "cpu", "name": torch.backends.cpu.get_cpu_capability()}]
    if torch.cuda.is_available():
        hardware = "rocm" if torch.version.hip else "cuda"
        count = torch.cuda.device_count()
        found += [{"class": hardware, "name": torch.cuda.get_device_name(index)} for index in range(count)]
    if torch.backends.mps.is_available():
        found.append({"class": "mps", "name": "Metal"})
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        found += [{"class": "xpu", "name": torch.xpu.get_device_name(i)} for i in range(torch.xpu.device_count())]
    return found


def prepare(task: Task, progress: Callable[[str], None]) -> Loaded:
    """Builds the model on the task's device."""
    device = _device_of(task)
    if task.precision not in PRECISIONS:
        text = f'the torch executor has no precision "{task.precision}": use {", ".join(PRECISIONS)}.'
        raise TaskFailure("bad_input", "PRECISION_NOT_AVAILABLE", text)
    options = task.options
    threads = options.get("intra_op_num_threads")
    if threads is not None:
        torch.set_num_threads(threads)
    torch.manual_seed(task.seed)
    _check_memory(task, device)
    started = time.perf_counter()
    built = build(
        task.model,
        size=options["size"],
        task=options.get("task"),
        seed=task.seed,
        dtype=task.precision,
        device=device,
        dimensions=options.get("dimensions") or {},
    )
    build_ms = (time.perf_counter() - started) * 1000
    if not torch.is_inference_mode_enabled():
        _INFERENCE_MODE.__enter__()
    return TorchMeasurement(task, built, device, progress).loaded({"build_ms": build_ms})


def _check_memory(task: Task, device: str) -> None:
    """That the weights alone have room, before any is drawn: what does not fit could end more than this process."""
    size = task.options["size"]
    if size == "tiny" or task.model not in stored_recipes():
        return
    try:
        parameters = count_parameters(*config_of(task.model, size))
    except Exception:
        # Whatever is wrong with the configuration is said where the model is built; some classes cannot be counted.
        return
    limit = task.limits.memory_mb
    rooms = [available_memory_mb(), None if limit is None else limit - (resident_mb(os.getpid()) or 0)]
    room_mb = min((room for room in rooms if room is not None), default=None)
    # They are drawn in fp32 in the memory of the machine, whatever they become.
    _check_room(task.model, parameters * 4 / MIB, room_mb, "")
    if device.startswith(("cuda", "xpu")):
        accelerator = getattr(torch, device.split(":")[0])
        free_mb = accelerator.mem_get_info()[0] / MIB
        _check_room(task.model, parameters * BYTES_OF[task.precision] / MIB, free_mb, f" on {device}")


def _check_room(model: str, needed_mb: float, room_mb: float | None, where: str) -> None:
    if room_mb is not None and needed_mb > room_mb:
        text = f'the weights of "{model}" need {needed_mb:.0f} MB{where}, and {max(room_mb, 0):.0f} MB are free: choose a smaller size.'
        raise BuildError("out_of_memory", text)


def _device_of(task: Task) -> str:
    """The name by which PyTorch knows the task's device; the only one that the variables of the task show."""
    hardware = task.device
    usable = {
        "cpu": lambda: True,
        "cuda": lambda: torch.cuda.is_available() and not torch.version.hip,
        "rocm": lambda: torch.cuda.is_available() and bool(torch.version.hip),
        "mps": torch.backends.mps.is_available,
        "xpu": lambda: hasattr(torch, "xpu") and torch.xpu.is_available(),
    }.get(hardware)
    if usable is None:
        raise TaskFailure("bad_input", "PROVIDER_MISSING", f"PyTorch has no devices of the class {hardware}.")
    if not usable():
        text = f"PyTorch {torch.__version__} finds no {hardware} device here: `bw runner list` shows what it was built for."
        raise TaskFailure("device_error", "PROVIDER_NOT_USABLE", text)
    return DEVICES[hardware]


class TorchMeasurement:
    """One built model on one device."""

    def __init__(self, task: Task, built: Built, device: str, progress: Callable[[str], None]) -> None:
        self._task = task
        self._built = built
        self._device = device
        self._progress = progress
        self._run_once: Callable[[], object] = lambda: None
        self._compile_ms: float | None = None
        self._accelerator: Any = None if device == "cpu" else getattr(torch, device.split(":")[0])

    def loaded(self, timings: dict[str, float]) -> Loaded:
        return Loaded(
            facts=self._facts(),
            timings=timings,
            inference=self._inference,
            device_memory_mb=self._device_memory_mb,
            prove=self._prove,
            compile_ms=lambda: self._compile_ms,
            set_threads=torch.set_num_threads,
            available_memory_mb=self._available_memory_mb,
            metrics=self._metrics,
        )

    def _facts(self) -> dict[str, Any]:
        built = self._built
        config = getattr(built.model, "config", None)
        return {
            "model_class": built.model_class,
            "model_parameters": built.parameters,
            "model_recipe": json.dumps(built.recipe, sort_keys=True, default=str)[:4000],
            "model_dimensions": json.dumps(built.dimensions, sort_keys=True),
            "attention": getattr(config, "_attn_implementation", None),
            "torch_threads": torch.get_num_threads(),
        }

    def _inference(self, batch_size: int) -> Inference:
        self._reset_peak()
        try:
            inputs = self._built.inputs(batch_size)
        except TaskFailure:
            raise
        except Exception as error:
            raise BuildError("model_failed", f"no inputs could be made for batch size {batch_size}: {error}") from error
        model = self._built.model
        if self._task.options.get("mode") == "compile":
            model = self._compiled(inputs)
        self._run_once = lambda: model(**inputs)
        if self._accelerator is None:

            def on_cpu() -> None:
                model(**inputs)

            return on_cpu
        return self._timed_by_events(model, inputs)

    def _timed_by_events(self, model: Any, inputs: dict[str, Any]) -> Inference:
        """The device's own clock, from the first kernel to the last."""
        begin = self._accelerator.Event(enable_timing=True)
        end = self._accelerator.Event(enable_timing=True)
        synchronize = self._accelerator.synchronize

        def on_accelerator() -> float:
            begin.record()
            model(**inputs)
            end.record()
            synchronize()
            return float(begin.elapsed_time(end))

        return on_accelerator

    def _compiled(self, inputs: dict[str, Any]) -> Any:
        """Compiles for exactly these inputs; how long that takes is what the first run takes longer than the second."""
        self._progress("compiling")
        import torch._dynamo
        import torch._inductor.config

        torch._dynamo.reset()
        # Helper processes that compile beside it would be this task's as well.
        torch._inductor.config.compile_threads = 1
        compiled = torch.compile(self._built.model, dynamic=False)
        times = []
        for _ in range(2):
            started = time.perf_counter()
            compiled(**inputs)
            if self._accelerator is not None:
                self._accelerator.synchronize()
            times.append((time.perf_counter() - started) * 1000)
        self._compile_ms = max(0.0, times[0] - times[1])
        return compiled

    def _prove(self) -> None:
        """That weights and results are where they were asked to be."""
        wanted = torch.device(self._device).type
        tensors = {f"weight {name}": tensor for name, tensor in self._built.model.named_parameters()}
        # Once more, since the loop that is measured keeps no outputs.
        tensors.update((f"output {index}", tensor) for index, tensor in enumerate(tensors_in(self._run_once())))
        elsewhere = [
            f"{name} is on {tensor.device}" for name, tensor in tensors.items() if tensor.device.type != wanted
        ]
        if elsewhere:
            shown = "; ".join(elsewhere[:3])
            text = f"The model was to run on {self._device}, but {shown} ({len(elsewhere)} of {len(tensors)} tensors)."
            raise TaskFailure("device_error", "PROVIDER_NOT_USED", text)

    def _reset_peak(self) -> None:
        if hasattr(self._accelerator, "reset_peak_memory_stats"):
            self._accelerator.reset_peak_memory_stats()

    def _device_memory_mb(self) -> float | None:
        if hasattr(self._accelerator, "max_memory_allocated"):
            return float(self._accelerator.max_memory_allocated()) / MIB
        # Metal keeps no peak: what the driver has given so far does not shrink while the process lives.
        if hasattr(self._accelerator, "driver_allocated_memory"):
            return float(self._accelerator.driver_allocated_memory()) / MIB
        return None

    def _available_memory_mb(self) -> float | None:
        if not hasattr(self._accelerator, "mem_get_info"):
            return None
        # What PyTorch keeps for later is there for the next batch.
        kept = self._accelerator.memory_reserved() - self._accelerator.memory_allocated()
        return float(self._accelerator.mem_get_info()[0] + kept) / MIB

    def _metrics(self, batch_size: int) -> list[dict[str, Any]]:
        measure = {"causal_lm": measure_generation, "seq2seq": measure_encoder_decoder}.get(self._built.kind)
        if measure is None:
            return []
        self._progress("generating")
        synchronize = None if self._accelerator is None else self._accelerator.synchronize
        try:
            return measure(self._built.model, self._built.inputs(batch_size), self._task, synchronize)
        except (TypeError, ValueError, AttributeError, RuntimeError, KeyError, IndexError) as error:
            if measure is measure_generation:
                raise
            # Encoders are called in as many ways as there are types; the latency of the whole has been measured.
            print(f"the encoder and the decoder could not be measured apart: {type(error).__name__}: {error}")
            return []


def tensors_in(value: object) -> list[torch.Tensor]:
    """All tensors of a model's output, however deep."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for each in value.values() for tensor in tensors_in(each)]
    if isinstance(value, (list, tuple)):
        return [tensor for each in value for tensor in tensors_in(each)]
    return []
