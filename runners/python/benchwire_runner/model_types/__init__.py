"""Every model type of the pinned transformers release, from its configuration alone: `build`."""

from .build import Built, build

__all__ = ["Built", "build"]
