"""Models on this machine. Importing this package decides how torch's threads wait."""

import os

# Threads that spin while they wait starve each other as soon as anything else runs: on two
# busy cores the same batches took 11-14 CPU seconds spinning and 3 sleeping. OpenMP reads
# this once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
