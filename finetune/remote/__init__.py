"""Fine-tuning at a provider: one job for one training set, and never one handed over twice."""
