"""Fits the score to labelled weeks, by scikit-learn; what comes out stands as numbers in ``score``.

Only the evaluation and its tests run this. Each account counts as the root of its weeks: one bot that was
watched for a year is one kind of machine, not fifty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from sendepause.audit.evaluate import TRAITS, real
from sendepause.audit.score import AUTOMATED_SCORE, FAMILIES, WATCH_SCORE

Numbers = npt.NDArray[np.float64]

KNOWN_BESIDES = ("held", "watched", "fact")


class Model(NamedTuple):
    """Log odds: a constant, and what each column adds."""

    constant: float
    weights: Numbers

    def probability(self, columns: Numbers) -> Numbers:
        """Of each row."""
        return np.asarray(1 / (1 + np.exp(-(self.constant + columns @ self.weights))), dtype=np.float64)


def fit_score(weeks: pl.DataFrame) -> Model:
    """The score: from the traits of real weeks alone. Made-up campaigns have a pace and no trait."""
    return _fit(real(weeks), _traits(real(weeks)))


def fit_confidence(weeks: pl.DataFrame, score: Model) -> Model:
    """The confidence: from the sum of the traits and what else is known of a week, campaigns as well."""
    return _fit(weeks, _with_sum(weeks, score))


def without_each_source(weeks: pl.DataFrame) -> pl.DataFrame:
    """Each week judged by models that have not seen its source: ``verdict`` and ``confidence`` of those."""
    parts = []
    for source in weeks["source"].unique().sort():
        others, own = weeks.filter(pl.col("source") != source), weeks.filter(pl.col("source") == source)
        score = fit_score(others)
        probable = score.probability(_traits(own))
        confidence = fit_confidence(others, score).probability(_with_sum(own, score))
        parts.append(own.with_columns(_verdict(pl.Series(probable)), confidence=pl.Series(confidence)))
    return pl.concat(parts)


def _verdict(score: pl.Series) -> pl.Expr:
    certain = (score >= AUTOMATED_SCORE) & (pl.col("families") >= FAMILIES)
    return (
        pl.when(pl.col("held") | certain)
        .then(pl.lit("automated"))
        .when("fact")
        .then(pl.lit("bulk"))
        .when(pl.col("watched") | (score >= WATCH_SCORE))
        .then(pl.lit("watch"))
        .otherwise(pl.lit("clear"))
        .alias("verdict")
    )


def _traits(weeks: pl.DataFrame) -> Numbers:
    return weeks.select(TRAITS).to_numpy().astype(np.float64)


def _with_sum(weeks: pl.DataFrame, score: Model) -> Numbers:
    besides = weeks.select(pl.col(KNOWN_BESIDES).cast(pl.Float64)).to_numpy()
    return np.column_stack([_traits(weeks) @ score.weights, besides])


def _fit(weeks: pl.DataFrame, columns: Numbers) -> Model:
    counts = weeks.select(1 / pl.len().over("account", "resolution").sqrt()).to_series().to_numpy()
    machine = (weeks["label"] == "machine").to_numpy()
    fitted = LogisticRegression(C=1.0, max_iter=2_000).fit(
        columns, machine, sample_weight=counts / counts.mean()
    )
    return Model(float(fitted.intercept_[0]), fitted.coef_[0])
