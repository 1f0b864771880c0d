"""Client of a Benchwire gateway, synchronous and asynchronous."""

from . import models
from ._base import ApiError, RunFailed
from ._client import AsyncClient, Client

__all__ = ["ApiError", "AsyncClient", "Client", "RunFailed", "models"]
