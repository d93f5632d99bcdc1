"""How a model is learned: three linear classifiers that weigh the grams differently, and a fourth that learns on texts
which they had not seen how far to trust each. All are linear, so what remains is one table of weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from .grams import Floats, Grams
from .learned import Learned

FOLDS = 5
FEWEST_A_LABEL = 2 * FOLDS
"""Labels with fewer texts cannot be learned and judged at once."""
MOST_WEIGHTS = 12_000_000
"""Grams times labels: what a model may hold, so that it stays under 30 MB."""
MOST_GRAMS = 400_000
UNSURE_SHARE = 0.2
"""So many of the texts are left to a person."""
SPREAD = 5.0
"""How much more a gram counts that stands in the texts of one label than one that stands in all."""
SMOOTH = 0.1
SEED = 20261122

Matrix = Any
"""A sparse matrix: a row for each text, a column for each gram."""
Numbers = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


class TooLittle(ValueError):
    """There are not two labels with enough texts each."""


@dataclass(frozen=True, slots=True)
class Report:
    """How well the model does on texts that it has not seen, by cross-validation: macro F1 over all and over those that
    are not unsure, the share whose right label is among the first three, and the mean distance between what it says
    is probable and what comes true."""

    texts: int
    labels: int
    left_out: int
    macro_f1: float
    macro_f1_sure: float
    in_first_three: float
    calibration_error: float


def learn(texts: Sequence[str], labels: Sequence[str], processes: int = 1) -> tuple[Learned, Report]:
    """A model of these texts. Labels with fewer than ten texts are left out. More `processes` only make it quicker.

    Raises TooLittle where fewer than two labels remain.
    """
    counts = Counter(labels)
    known = sorted(label for label, count in counts.items() if count >= FEWEST_A_LABEL)
    if len(known) < 2:
        raise TooLittle(f"{len(known)} labels have at least {FEWEST_A_LABEL} texts; two are needed")
    kept = [
        (text, known.index(label)) for text, label in zip(texts, labels, strict=True) if counts[label] >= FEWEST_A_LABEL
    ]
    said, right = [text for text, _ in kept], np.array([label for _, label in kept])
    unseen, (grams, weights, intercepts) = _all_fits(said, right, len(known), processes)
    scale = unseen.std(axis=0)
    trust = LogisticRegression(C=0.1, max_iter=2000)
    shares = cross_val_predict(trust, unseen / scale, right, cv=_folds(), method="predict_proba")
    trust.fit(unseen / scale, right)
    mix = (trust.coef_ / scale).T
    if len(known) == 2:  # one column decides between two
        mix = np.hstack([np.zeros_like(mix), mix])
    start = trust.intercept_ if len(known) > 2 else np.array([0.0, trust.intercept_[0]])
    unsure_below = float(np.quantile(shares.max(axis=1), UNSURE_SHARE))
    model = Learned(
        known, grams, (weights @ mix).astype(np.float16), (intercepts @ mix + start).astype(np.float32), unsure_below
    )
    return model, _report(shares, right, unsure_below, len(texts) - len(said))


def _folds() -> StratifiedKFold:
    return StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)


def _most_grams(labels: int) -> int:
    return min(MOST_GRAMS, MOST_WEIGHTS // labels)


Fitted = tuple[Grams, Floats, Floats]


def _all_fits(texts: Sequence[str], right: Labels, labels: int, processes: int) -> tuple[Numbers, Fitted]:
    """What the three say of each text when they have learned from the others, and what they learn from all."""
    folds = [*_folds().split(np.zeros(len(texts)), right), (np.arange(len(texts)), np.arange(0))]
    fits = Parallel(n_jobs=processes)(
        delayed(_fitted)([texts[place] for place in own], right[own], labels) for own, _unseen in folds
    )
    scores = np.zeros((len(texts), 3 * labels))
    for (grams, weights, intercepts), (_own, unseen) in zip(fits[:-1], folds[:-1], strict=True):
        scores[unseen] = _matrix(grams, [texts[place] for place in unseen]) @ weights + intercepts
    return scores, fits[-1]


def _fitted(texts: Sequence[str], right: Labels, labels: int) -> Fitted:
    grams = Grams.of(texts, _most_grams(labels))
    return grams, *_weights(_matrix(grams, texts), right, labels)


def _matrix(grams: Grams, texts: Sequence[str]) -> Matrix:
    read = [grams.read(text) for text in texts]
    ends = np.cumsum([0, *(len(keys) for keys, _ in read)])
    values, keys = np.concatenate([v for _, v in read]), np.concatenate([k for k, _ in read])
    return csr_matrix((values, keys, ends), shape=(len(texts), grams.count))


def _weights(texts: Matrix, right: Labels, labels: int) -> tuple[Floats, Floats]:
    """Columns of weights of the three classifiers, each with one for every label, and where they start."""
    columns = list(_classifiers(texts, right, labels))
    return (
        np.hstack([weights for weights, _ in columns]).astype(np.float32),
        np.concatenate([starts for _, starts in columns]).astype(np.float32),
    )


def _classifiers(texts: Matrix, right: Labels, labels: int) -> Iterator[tuple[Numbers, Numbers]]:
    """As they are, with rare labels as heavy as frequent ones; by how few labels a gram stands in; and, for each label
    against all others, by how much more often it stands there."""
    yield _fit(texts, right, np.ones(texts.shape[1]), cost=0.1, balanced=True)
    yield _fit(texts, right, 1 + SPREAD * _peculiarity(texts, right, labels), cost=0.1)
    sums = np.vstack([np.asarray(texts[right == label].sum(axis=0)) for label in range(labels)]) + SMOOTH
    total = sums.sum(axis=0)
    for label in range(labels):
        here, elsewhere = sums[label], total - sums[label]
        ratio = np.abs(np.log((here / here.sum()) / (elsewhere / elsewhere.sum())))
        yield _fit(texts, right == label, ratio, cost=0.5)


def _fit(
    texts: Matrix, right: Numbers, factors: Numbers, *, cost: float, balanced: bool = False
) -> tuple[Numbers, Numbers]:
    machine = LinearSVC(C=cost, class_weight="balanced" if balanced else None, random_state=SEED, tol=1e-3)
    machine.fit(texts @ diags(factors.astype(np.float32)), right)
    weights, starts = (machine.coef_ * factors).T, machine.intercept_
    if weights.shape[1] == 1 and right.dtype != np.bool_:  # two labels: one machine, seen from both sides
        return np.hstack([-weights, weights]), np.concatenate([-starts, starts])
    return weights, starts


def _peculiarity(texts: Matrix, right: Labels, labels: int) -> Numbers:
    """Of each gram, how far it belongs to one label alone: its share there, by all its shares in falling order, each by
    its place (inverse gravity moment, Chen et al. 2016)."""
    stands: Matrix = (texts > 0).astype(np.float32)
    shares = np.vstack([np.asarray(stands[right == label].mean(axis=0)) for label in range(labels)])
    shares = -np.sort(-shares, axis=0)
    gravity = (shares * np.arange(1, labels + 1)[:, None]).sum(axis=0)
    return np.asarray(shares[0] / np.maximum(gravity, 1e-9))


def _report(shares: Numbers, right: Labels, unsure_below: float, left_out: int) -> Report:
    said, sure = shares.argmax(axis=1), shares.max(axis=1) >= unsure_below
    first_three = (np.argsort(-shares, axis=1)[:, :3] == right[:, None]).any(axis=1)
    return Report(
        texts=len(right),
        labels=shares.shape[1],
        left_out=left_out,
        macro_f1=round(float(f1_score(right, said, average="macro")), 4),
        macro_f1_sure=round(float(f1_score(right[sure], said[sure], average="macro")), 4),
        in_first_three=round(float(first_three.mean()), 4),
        calibration_error=round(_calibration_error(shares.max(axis=1), said == right), 4),
    )


def _calibration_error(said: Numbers, came_true: Numbers, bins: int = 10) -> float:
    """How far what is said to be probable lies from what comes true, on average over tenths of what is said."""
    places = np.minimum((said * bins).astype(int), bins - 1)
    sizes = np.bincount(places, minlength=bins)
    gaps = np.abs(np.bincount(places, said, bins) - np.bincount(places, came_true.astype(float), bins))
    return float((gaps[sizes > 0]).sum() / len(said))
