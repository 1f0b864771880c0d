"""What a model is fed with, from what its class declares."""
