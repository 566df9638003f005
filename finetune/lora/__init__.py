"""LoRA on this machine: a training set and a base become a model called `tuned:NAME`."""
