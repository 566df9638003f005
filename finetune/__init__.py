"""Training: the embedded models with planted truth, and adapters."""
