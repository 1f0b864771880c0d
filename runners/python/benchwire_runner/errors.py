"""Errors by class and code, as a task's outcome has them (shared/contracts/failure-classes.ts)."""

from __future__ import annotations

from typing import Literal

ErrorClass = Literal["out_of_memory", "device_error", "timeout", "crash", "bad_model", "bad_input", "unknown"]


class TaskFailure(Exception):
    """Ends a task: what was wrong, where, and what to do."""

    def __init__(self, error_class: ErrorClass, code: str, message: str) -> None:
        super().__init__(message)
        self.error_class: ErrorClass = error_class
        self.code = code


BUILD_ERRORS: dict[str, tuple[ErrorClass, str]] = {
    "unknown_model_type": ("bad_input", "MODEL_UNKNOWN"),
    "invalid_config": ("bad_input", "MODEL_CONFIG_WRONG"),
    "model_failed": ("bad_model", "MODEL_FAILED"),
    "out_of_memory": ("out_of_memory", "ALLOCATION_FAILED"),
}


class BuildError(TaskFailure):
    """A model type that cannot be built as asked; `code` is one of BUILD_ERRORS."""

    def __init__(self, code: str, message: str) -> None:
        error_class, task_code = BUILD_ERRORS.get(code, ("bad_model", "MODEL_FAILED"))
        super().__init__(error_class, task_code, message)
        self.build_code = code


MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "bad_alloc")


def failure_of(error: BaseException) -> TaskFailure:
    """What an exception of a model or a library means for the task."""
    if isinstance(error, TaskFailure):
        return error
    text = f"{type(error).__name__}: {error}".strip()
    short = text if len(text) <= 4000 else f"{text[:4000]} …"
    lower = text.lower()
    if isinstance(error, MemoryError) or any(word in lower for word in MEMORY_WORDS):
        return TaskFailure("out_of_memory", "ALLOCATION_FAILED", f"Memory could not be allocated. {short}")
    if "cuda error" in lower or "hip error" in lower or "cudnn_status" in lower or "cublas_status" in lower:
        return TaskFailure("device_error", "DEVICE_FAILED", f"The device failed. {short}")
    return TaskFailure("bad_model", "MODEL_FAILED", f"The model failed. {short}")
