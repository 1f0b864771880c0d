import pytest

from benchwire_runner.errors import BuildError, TaskFailure, failure_of


@pytest.mark.parametrize(
    ("error", "error_class", "code"),
    [
        (MemoryError(), "out_of_memory", "ALLOCATION_FAILED"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out_of_memory", "ALLOCATION_FAILED"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out_of_memory", "ALLOCATION_FAILED"),
        (RuntimeError("CUDA error: device-side assert triggered"), "device_error", "DEVICE_FAILED"),
        (ValueError("shapes do not fit"), "bad_model", "MODEL_FAILED"),
        (BuildError("unknown_model_type", "no"), "bad_input", "MODEL_UNKNOWN"),
        (BuildError("invalid_config", "no"), "bad_input", "MODEL_CONFIG_WRONG"),
        (TaskFailure("timeout", "HANG", "no"), "timeout", "HANG"),
    ],
)
def test_errors_have_the_class_that_fits(error: Exception, error_class: str, code: str) -> None:
    failure = failure_of(error)
    assert (failure.error_class, failure.code) == (error_class, code)


def test_long_texts_are_cut() -> None:
    assert len(str(failure_of(RuntimeError("x" * 100_000)))) < 5000
