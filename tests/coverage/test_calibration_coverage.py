"""A small part of what `make coverage` simulates for calibration, and proof that its rules bite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.coverage import calibration, calibration_page
from tests.coverage.calibration import (
    INSIDE,
    MODELS,
    SEEDS,
    Found,
    Truth,
    bootstrap_coverage,
    draw,
    excess_inside,
    failures,
)
from tests.coverage.calibration_page import Calibration, part
from tests.coverage.page import PAGE

CALIBRATED = "calibrated, 4 values"
CLEAR = Truth(value=0.1, gap=1.0, edge=1.0)


def test_the_interval_of_calibrated_models_holds_zero(monkeypatch):
    # The truth of calibrated models is known, so no million prompts are needed.
    monkeypatch.setattr(calibration, "truth", lambda models: Truth(0.0, 0.0, 1.0))
    found = [calibration.cover(CALIBRATED, 250, 300)]
    assert list(failures(found)) == []


def test_the_excess_of_calibrated_models_holds_zero():
    inside = excess_inside(CALIBRATED, 250, seeds=40)
    assert inside >= 40 * INSIDE / SEEDS


@pytest.mark.parametrize("models", calibration_page.CALIBRATED)
def test_a_bootstrap_of_the_plain_deviation_never_holds_the_truth(monkeypatch, models):
    monkeypatch.setattr(calibration, "plain_truth", lambda models: 0.0)
    assert bootstrap_coverage(models, 250, 10)[1] == 0


@pytest.mark.parametrize(("coverage", "broken"), [(0.92, 1), (0.95, 0), (0.98, 1)])
def test_the_rule_has_two_ends_where_gaps_are_clear(coverage, broken):
    found = Found("half not compliant", 250, 10_000, CLEAR, coverage)
    assert len(list(failures([found]))) == broken
    # Where a gap may be 0, covering more is allowed.
    unclear = replace(found, truth=CLEAR._replace(gap=0.01))
    assert len(list(failures([unclear]))) == (coverage < 0.93)


def test_every_model_draws_its_prompts_and_samples():
    for models in MODELS:
        counts = draw(np.random.default_rng(0), models, 40)
        assert counts.n == 40
        assert counts.n_clusters == 40 // MODELS[models][1]
        assert (counts.objects.sum(axis=1) == 20).all()


def test_the_page_has_a_part_on_calibration_that_names_every_model():
    page = PAGE.read_text("utf-8")
    held = page.split("## Calibration\n")[1]
    assert all(f"| {models} |" in held for models in MODELS)


def test_a_broken_excess_is_told():
    found = Calibration(inside={(CALIBRATED, 250): INSIDE - 1})
    assert len(list(found.failures())) == 1
    assert "## Calibration" in list(part(filled()))


def filled() -> Calibration:
    """A result with every cell."""
    return Calibration(
        [Found(models, n, 10, CLEAR, 0.95) for models in MODELS for n in calibration.PROMPTS],
        {
            (models, n): SEEDS
            for models in MODELS
            if models.startswith("calibrated")
            for n in calibration.PROMPTS
        },
        {CALIBRATED: (0.5, 0.0)},
    )
