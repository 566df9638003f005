"""One layer of one site, for probing: from the lake, beside one NumPy file with all layers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.inside.setting import line, seconds
from generate.capture.buffer import Buffer, Place
from warehouse.lake import open_lake

LAYERS, ROWS, DIM = 32, 2_000, 1024


def main() -> None:
    """Print the line."""
    with tempfile.TemporaryDirectory() as folder:
        whole = np.random.default_rng(0).standard_normal((ROWS, LAYERS, DIM)).astype(np.float32)
        path = Path(folder) / "features.npy"
        # As the seed saves them: one array of rows, layers and dimensions.
        np.save(path, whole)
        lake = open_lake(Path(folder) / "lake", create=True)
        with lake.run("benchmark") as run:
            run.write("activations", tables(whole))
        ours = seconds(lambda: lake.activations("c", "resid_post", 7).values.sum())
        theirs = seconds(lambda: np.ascontiguousarray(np.load(path)[:, 7]).sum())
        mb = ROWS * DIM * 4 / 1e6
        line("load of one layer", mb / ours, "MB/s", "np.load of all layers", mb / theirs)


def tables(whole: np.ndarray) -> list[pa.Table]:
    """Return the vectors as rows of `activations`."""
    buffer = Buffer({"condition_id": "c", "model_id": "m", "run_id": "r"})
    places = [Place(f"q{i:06d}", "AB", "last", "x") for i in range(ROWS)]
    for layer in range(LAYERS):
        buffer.add("resid_post", layer, places, whole[:, layer])
    return list(buffer.tables())


if __name__ == "__main__":
    main()
