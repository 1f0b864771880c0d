"""Measures models in Python for a Benchwire worker; docs/protocol/runner.md is the protocol that it speaks."""

RUNNER_VERSION = "0.1.0"
PROTOCOL_VERSION = 1
