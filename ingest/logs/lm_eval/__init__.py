"""lm-evaluation-harness logs: what `--log_samples` writes, with the results file beside it."""
