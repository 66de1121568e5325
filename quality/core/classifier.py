"""Learn labels from texts or numbers, and tell how good is what was learned."""

import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import skops.io
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from skops.io.exceptions import UntrustedTypesFoundException

from quality.core.votes import Codes, Floats

# One entry per row: texts, or (n_rows, n_numbers) with nan for what is not known.
Features = Sequence[str] | Floats

# Words of any length, and each other sign by itself: a text of signs alone has terms too.
TERM = r"\w+|[^\w\s]"
MOST_TERMS = 200_000
# Terms are many and each is rare: they want a weaker prior than a few scaled numbers.
C_TEXT, C_NUMERIC = 10.0, 1.0
LARGEST = 1e100
N_BINS = 10
# As scikit-learn's log_loss, a label thought impossible costs much, but not everything.
SMALLEST = float(np.finfo(np.float64).eps)


class CannotLearn(ValueError):
    """The rows have nothing in them that a label could be told by."""


class NotAClassifier(ValueError):
    """The bytes are not what `to_bytes` writes."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How right and how calibrated probabilities are; None over no rows.

    ece: the mean gap between stated and true accuracy over ten bins of stated accuracy.
    Source: Guo, Pleiss, Sun, Weinberger (2017), "On Calibration of Modern Neural Networks".
    """

    accuracy: float | None = None
    log_loss: float | None = None
    ece: float | None = None


@dataclass(frozen=True, slots=True)
class Classifier:
    """Logistic regression on the terms of a text, or on scaled numbers."""

    reader: Any
    model: Any

    def probabilities(self, features: Features, labels: Sequence[str]) -> Floats:
        """Of each row the probability of each of these labels, (n_rows, n_labels).

        A label that was never learned has none.
        """
        found = np.zeros((len(features), len(labels)))
        if len(features):
            column = {str(label): i for i, label in enumerate(self.model.classes_)}
            known = [i for i, label in enumerate(labels) if label in column]
            learned = self.model.predict_proba(_matrix(self.reader, features))
            found[:, known] = learned[:, [column[labels[i]] for i in known]]
        return found


def fit(features: Features, labels: Sequence[str], weights: Floats) -> Classifier:
    """Learn to tell the labels apart; equal rows in equal order give an equal classifier.

    weights: (n_rows,) how much each row counts

    Raises CannotLearn for a single label and for texts without a single sign.
    """
    if len(set(labels)) < 2:
        raise CannotLearn("all labels to learn from are the same")
    reader, strength = _fitted_reader(features)
    model = LogisticRegression(C=strength, max_iter=1000, random_state=0)
    with warnings.catch_warnings():
        # A fit that was stopped is a classifier too, and its scores say how good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(_matrix(reader, features), np.array(labels), sample_weight=weights)
    return Classifier(reader, model)


def scores(probabilities: Floats, truth: Codes) -> Scores:
    """Judge probabilities (n_rows, n_labels) by the true labels, codes (n_rows,)."""
    if not truth.size:
        return Scores()
    rows = np.arange(truth.size)
    right = probabilities.argmax(axis=1) == truth
    sureness = probabilities.max(axis=1)
    bins = np.minimum((sureness * N_BINS).astype(np.int64), N_BINS - 1)
    gaps = np.bincount(bins, weights=right - sureness, minlength=N_BINS)
    return Scores(
        accuracy=float(right.mean()),
        log_loss=float(-np.log(np.clip(probabilities[rows, truth], SMALLEST, 1)).mean()),
        ece=float(np.abs(gaps).sum() / truth.size),
    )


def to_bytes(classifier: Classifier) -> bytes:
    """The classifier in skops format.

    Terms go in as one text: skops would write one document for each of them.
    """
    kept: dict[str, Any] = {"model": classifier.model}
    if isinstance(classifier.reader, StandardScaler):
        kept["scaler"] = classifier.reader
    else:
        kept["terms"] = "\n".join(classifier.reader.get_feature_names_out())
        kept["idf"] = classifier.reader.idf_
    written: bytes = skops.io.dumps(kept, compression=zipfile.ZIP_DEFLATED)
    return written


def from_bytes(written: bytes) -> Classifier:
    """The classifier again; nothing in the bytes is run. Raises NotAClassifier."""
    if not zipfile.is_zipfile(io.BytesIO(written)):
        raise NotAClassifier("no archive")
    try:
        # Types beyond those skops knows as harmless are refused: no classifier needs them.
        kept = skops.io.loads(written, trusted=[])
    except UntrustedTypesFoundException as error:
        raise NotAClassifier(str(error)) from None
    if not isinstance(kept, dict) or not isinstance(kept.get("model"), LogisticRegression):
        raise NotAClassifier("no model")
    if isinstance(kept.get("scaler"), StandardScaler):
        return Classifier(kept["scaler"], kept["model"])
    if not isinstance(kept.get("terms"), str):
        raise NotAClassifier("no reader")
    reader = _terms(vocabulary=kept["terms"].split("\n"))
    reader.idf_ = kept["idf"]
    return Classifier(reader, kept["model"])


def numbers(rows: Sequence[Sequence[float | None]]) -> Floats:
    """Rows of numbers as features, (n_rows, n_numbers); None is nan."""
    found: NDArray[np.float64] = np.array(rows, dtype=np.float64)
    return found.reshape(len(rows), -1)


def _fitted_reader(features: Features) -> tuple[Any, float]:
    if isinstance(features, np.ndarray):
        if np.isnan(features).all():
            raise CannotLearn("there are no numbers to learn from")
        return StandardScaler().fit(_bounded(features)), C_NUMERIC
    if not any(text.strip() for text in features):
        raise CannotLearn("there is no text to learn from")
    return _terms(max_features=MOST_TERMS).fit(features), C_TEXT


def _terms(**extra: Any) -> Any:
    return TfidfVectorizer(token_pattern=TERM, ngram_range=(1, 2), sublinear_tf=True, **extra)


def _matrix(reader: Any, features: Features) -> Any:
    if isinstance(features, np.ndarray):
        # What is not known is taken to be the mean.
        return np.nan_to_num(reader.transform(_bounded(features)))
    return reader.transform(features)


def _bounded(features: Floats) -> Floats:
    """Numbers small enough that their squares can be added."""
    return np.clip(features, -LARGEST, LARGEST)
