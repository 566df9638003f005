"""A classifier that sees the input alone: what answers can be guessed without any model.

Multinomial logistic regression with an L2 penalty on character n-grams of the string, one for
each target and property, fitted on the answers to training strings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from scipy.special import logsumexp

from analyze.introspection.cells import TARGET, partitions, read
from analyze.result_rows import Source

# Runs of one to four characters, hashed; a bias and the task beside them.
LONGEST, FEATURES = 4, 2**12
# Strings of training that are read, drawn by a seed where there are more.
MOST_TRAINED = 5_000
PENALTY = 1.0
STEPS = 200


def guessed(con: duckdb.DuckDBPyConnection, source: Source) -> pl.DataFrame:
    """Return how often the input alone tells the value: sums over clusters, a row a property.

    Columns: those of a target, `property`, `cluster`, `n`, `value`, and in `without` the items
    of properties without a training answer.
    """
    answers = read(con, "answers", dataset=source.dataset)
    parts = [
        _judged(source, target, name, own)
        for target, part in partitions(answers, TARGET)
        for (name,), own in part.partition_by("property", as_dict=True).items()
    ]
    return pl.concat(parts) if parts else pl.DataFrame()


def _judged(
    source: Source, target: dict[str, str], name: object, own: pl.DataFrame
) -> pl.DataFrame:
    train, test = own.filter("is_train"), own.filter(~pl.col("is_train"))
    if train.is_empty() or test.is_empty():
        right = np.zeros(len(test))
        n = 0
    else:
        seed = source.seed("input_only", target["target_condition_id"], str(name))
        right, n = (_predicted(train, test, seed) == test["value"].to_numpy()).astype(float), 1
    return test.select(
        *(pl.lit(target[column]).alias(column) for column in TARGET),
        "property",
        "cluster",
        n=pl.lit(n),
        without=pl.lit(1 - n),
        value=pl.Series(right),
    )


def _predicted(train: pl.DataFrame, test: pl.DataFrame, seed: int) -> NDArray[np.object_]:
    if len(train) > MOST_TRAINED:
        train = train.sample(MOST_TRAINED, seed=seed % 2**32)
    classes, labels = np.unique(train["value"].to_numpy(), return_inverse=True)
    weights = fit(features(train["string"].to_list()), labels, len(classes))
    scores = features(test["string"].to_list()) @ weights
    return np.asarray(classes[scores.argmax(axis=1)], object)


def features(texts: Sequence[str]) -> csr_matrix:
    """Return rows [texts, FEATURES + 1]: hashed character n-grams of length one, and a bias."""
    place: dict[str, int] = {}
    rows, columns = [], []
    for row, text in enumerate(texts):
        padded = f"\x02{text}\x03"
        for size in range(1, LONGEST + 1):
            for start in range(len(padded) - size + 1):
                piece = padded[start : start + size]
                if piece not in place:
                    place[piece] = _hashed(piece)
                rows.append(row)
                columns.append(place[piece])
    found = csr_matrix((np.ones(len(rows)), (rows, columns)), (len(texts), FEATURES))
    norms = np.sqrt(found.multiply(found).sum(axis=1)).A1
    bias = np.ones((len(texts), 1))
    return csr_matrix(hstack([found.multiply(1 / norms[:, None]), bias]))


def _hashed(piece: str) -> int:
    digest = hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % FEATURES


def fit(x: csr_matrix, labels: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    """Return weights [features, classes] of the penalised maximum likelihood, by L-BFGS."""
    hot = np.eye(classes)[labels]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(x.shape[1], classes)
        scores = x @ weights
        normal = logsumexp(scores, axis=1, keepdims=True)
        value = float((normal[:, 0] - (scores * hot).sum(axis=1)).sum())
        gradient = x.T @ (np.exp(scores - normal) - hot) + PENALTY * weights
        return value + PENALTY / 2 * float((weights**2).sum()), gradient.ravel()

    start = np.zeros(x.shape[1] * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    weights: NDArray[np.float64] = found.x.reshape(x.shape[1], classes)
    return weights
