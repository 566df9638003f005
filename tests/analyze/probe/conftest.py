"""The planted concept and its twin, captured and probed once for all tests."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from analyze.probing import states
from tests.inside_lakes import ask, capture, lake_of, mirrorlake, starter


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    """The lake, what `analyze probe` printed, its rows, and the names of models by id."""
    folder = tmp_path_factory.mktemp("planted")
    with lake_of(folder, starter("self_reflection")) as lake:
        for model in ("verdict", "verdict-twin"):
            capture(lake, model, positions=("choice",), variants="choices", baselines=True)
        done = mirrorlake("analyze", "probe", "--lake", lake.path, "--json")
        assert done.exit_code == 0, done.output
        models = ask(lake, "SELECT model_id, name FROM models")
        names = {row["model_id"]: row["name"].removeprefix("mirror-tiny/") for row in models}
        rows = [row | {"model": names[row["model_id"]]} for row in json.loads(done.stdout)]
        yield SimpleNamespace(lake=lake, done=done, rows=rows, names=names)


@pytest.fixture(scope="session")
def layers(planted):
    """Of each trained model: features of all layers [layers, rows, dim], and their rows."""
    found = {}
    with planted.lake.reader(states.READS) as con:
        for which in states.probed(con, "starter"):
            [part] = states.states(con, which)
            read = [
                features[0] for site, *_, features in states.features(con, which)
                if site == "resid_post"
            ]  # fmt: skip
            found[planted.names[which.model_id]] = read, part
    return found
