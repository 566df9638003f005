"""Probes solved together equal scikit-learn's, one at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from analyze.probing import solver
from analyze.probing.logistic import cross_validated_values, fit_logistic
from warehouse.errors import InputError


def case(seed):
    """One of 50 random cases: shapes either way, imbalance, separable labels, a constant."""
    rng = np.random.default_rng(seed)
    n, d = [(60, 5), (200, 30), (40, 80), (30, 200), (150, 140)][seed % 5]
    x = rng.normal(size=(n, d)) * np.exp(rng.normal(size=d)) + rng.normal(size=d) * 20
    if seed % 2:
        x = x @ (rng.normal(size=(d, d)) * np.exp(-np.arange(d) / 5))
    x[:, 0] = -7.3
    score = (x - x.mean(0)) @ rng.normal(size=d)
    noise = [0.0, 0.5, 3.0][seed % 3] * score.std()
    share = [0.5, 0.1, 0.8, 0.3][seed % 4]
    y = score + noise * rng.normal(size=n)
    y = (y > np.quantile(y, 1 - share)).astype(int)
    train = rng.random(n) < 0.8
    train[[y.argmax(), y.argmin()]] = True
    return x.astype(np.float32), y, train, [0.01, 1.0, 30.0][(seed // 5) % 3]


def log_loss(weights, intercept, z, y):
    return np.logaddexp(0, -(2 * y - 1) * (z @ weights + intercept)).mean()


@pytest.mark.parametrize("seed", range(50))
def test_solutions_equal_scikit_learns(seed):
    x, y, train, c = case(seed)
    fits = fit_logistic(x[None], train[None], y[None], c=c)
    scaler = StandardScaler().fit(x[train].astype(float))
    z, target = scaler.transform(x[train].astype(float)), y[train]
    other = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-10, max_iter=1000)
    other.fit(z, target)
    ours = (fits.weights[0, 0, 0].astype(float), float(fits.intercepts[0, 0, 0]))
    theirs = (other.coef_[0], float(other.intercept_[0]))
    losses = [log_loss(*solution, z, target) for solution in (ours, theirs)]
    penalties = [(w**2).sum() / 2 / c / len(z) for w, _ in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[0] + penalties[0] == pytest.approx(losses[1] + penalties[1], abs=1e-7)
    values = scaler.transform(x.astype(float)) @ theirs[0] + theirs[1]
    np.testing.assert_allclose(fits.values[0, 0, 0], values, atol=2e-3 * np.abs(values).max())


def many(seed=0, sites=3, rows=90, dim=12, flips=7):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(sites, rows, dim)).astype(np.float32)
    y = rng.integers(0, 2, (flips, rows))
    # One label vector that needs many more steps than the others.
    y[0] = x[0] @ rng.normal(size=dim) > 0
    return x, np.stack([np.arange(rows) % 3 != k for k in range(3)]), y


def test_problems_solved_together_are_as_each_alone():
    x, train, y = many()
    together = fit_logistic(x, train, y)
    for site in range(3):
        for fold in range(3):
            for flip in range(7):
                alone = fit_logistic(x[site][None], train[fold][None], y[flip][None])
                np.testing.assert_allclose(
                    together.values[site, fold, flip], alone.values[0, 0, 0], atol=1e-3
                )


def test_original_weights_act_on_the_features_as_given():
    x, train, y = many(1)
    x = x * np.float32(3) + np.float32(50)
    fits = fit_logistic(x, train, y)
    weights, intercepts = fits.original()
    values = np.einsum("skfd,snd->skfn", weights, x) + intercepts[..., None]
    np.testing.assert_allclose(values, fits.values, atol=1e-3)


def test_held_out_values_come_from_the_fold_that_holds_the_row_out():
    x, train, y = many(2)
    fits = fit_logistic(x, train, y)
    found = cross_validated_values(x, train, ~train, y)
    for row in range(x.shape[1]):
        np.testing.assert_array_equal(found[:, :, row], fits.values[:, row % 3, :, row])


def test_half_precision_and_read_only_features_are_taken_as_they_are(recwarn):
    x, train, y = many(7)
    small = x.astype(np.float16)
    small.flags.writeable = False
    found = fit_logistic(small, train, y).values
    np.testing.assert_array_equal(found, fit_logistic(torch.as_tensor(x).half(), train, y).values)
    assert not recwarn


def test_rows_outside_training_do_not_move_the_probe():
    x, train, y = many(3)
    other = x.copy()
    other[:, ~train[0]] *= 100
    flipped = np.where(train[0], y, 1 - y)
    a, b = fit_logistic(x, train[:1], y), fit_logistic(other, train[:1], flipped)
    np.testing.assert_array_equal(a.weights, b.weights)


def test_what_float32_cannot_finish_is_finished_in_float64():
    # Conflicting labels on equal rows, and next to no penalty.
    x, _, y = many(4, sites=1, rows=60, dim=20)
    x[:, 30:] = x[:, :30]
    fits = fit_logistic(x, np.ones((1, 60), bool), y, c=1e5)
    z = StandardScaler().fit_transform(x[0].astype(float))
    for flip, labels in enumerate(y):
        other = LogisticRegression(C=1e5, solver="newton-cholesky", tol=1e-12).fit(z, labels)
        ours = log_loss(fits.weights[0, 0, flip], fits.intercepts[0, 0, flip], z, labels)
        theirs = log_loss(other.coef_[0], other.intercept_[0], z, labels)
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_hard_problems_get_their_own_preconditioner(monkeypatch):
    calls = []
    alone = solver._alone
    monkeypatch.setattr(solver, "_alone", lambda *a: calls.append(len(a[1])) or alone(*a))
    x, train, y = many(5, rows=240, dim=40)
    y[0] = x[0] @ np.ones(40) > 0
    fits = fit_logistic(x, train, y, c=100.0)
    assert calls and fits.gradient.max() <= 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, t, y: (x, t, np.zeros_like(y)), "one class only"),
        (lambda x, t, y: (np.where(np.arange(12) == 3, np.nan, x), t, y), "NaN"),
        (lambda x, t, y: (x, t[:, :-1], y), "must be"),
        (lambda x, t, y: (x[0], t, y), "must be"),
    ],
)
def test_what_cannot_be_fitted_is_said(change, message):
    with pytest.raises(InputError, match=message):
        fit_logistic(*change(*many()))


def test_a_c_that_is_not_positive_is_refused():
    with pytest.raises(InputError, match="above 0"):
        fit_logistic(*many(), c=0.0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_finds_the_same_probes():
    x, train, y = many(6)
    here, there = (fit_logistic(x, train, y, device=name) for name in ("cpu", "cuda"))
    np.testing.assert_allclose(here.values, there.values, atol=1e-3)
