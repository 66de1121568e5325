import warnings

import numpy as np
import pytest
import skops.io
from sklearn.metrics import log_loss
from sklearn.preprocessing import PolynomialFeatures

from quality.core import classifier

LABELS = ["wren", "owl", "other"]
TEXTS = ["a small brown bird", "big eyes at night", "tiny and brown", "hoots at night"] * 5
TRUTH = ["wren", "owl", "wren", "owl"] * 5


def fitted(features, labels, weights=None):
    return classifier.fit(features, labels, np.ones(len(labels)) if weights is None else weights)


def codes(labels):
    return np.array([LABELS.index(label) for label in labels])


def test_texts_tell_their_label():
    model = fitted(TEXTS, TRUTH)

    found = model.probabilities(["brown and small", "hoots"], LABELS)

    assert found.argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_numbers_tell_their_label_though_some_are_missing_or_huge():
    rows = classifier.numbers([[1.0, None], [2.0, 3.0], [9.0, 1e300], [8.0, None]] * 5)
    model = fitted(rows, ["wren", "wren", "owl", "owl"] * 5)

    found = model.probabilities(
        classifier.numbers([[1.5, None], [8.5, None], [None, None]]), LABELS
    )

    assert found[:2].argmax(axis=1).tolist() == [0, 1]
    assert np.isfinite(found).all()


def test_a_label_never_learned_has_no_probability_and_a_finite_cost():
    found = fitted(TEXTS, TRUTH).probabilities(["a brown bird"], LABELS)

    assert found[0, 2] == 0
    assert np.isfinite(classifier.scores(found, codes(["other"])).log_loss)


@pytest.mark.parametrize("texts", [["a", "b"], ["the", "and"], ["?!", "…"], ["", "x"]])
def test_short_texts_and_texts_of_signs_alone_are_texts(texts):
    model = fitted(texts, ["wren", "owl"])

    assert model.probabilities(["", "neverseen"], LABELS).shape == (2, 3)


@pytest.mark.parametrize(
    ("features", "labels", "because"),
    [
        (["a", "b"], ["owl", "owl"], "the same"),
        (["", " \n"], ["owl", "wren"], "no text"),
        (np.full((2, 1), np.nan), ["owl", "wren"], "no numbers"),
    ],
)
def test_rows_that_nothing_can_be_learned_from_are_refused(features, labels, because):
    with pytest.raises(classifier.CannotLearn, match=because):
        fitted(features, labels)


def test_a_row_of_more_weight_counts_more():
    texts, labels = ["it", "it"], ["wren", "owl"]

    found = fitted(texts, labels, np.array([0.9, 0.1])).probabilities(["it"], LABELS)

    assert found[0, 0] > found[0, 1]


@pytest.mark.parametrize("features", [TEXTS, np.arange(40.0).reshape(20, 2)])
def test_a_classifier_comes_back_from_its_bytes_as_it_was(features):
    model = fitted(features, TRUTH)

    again = classifier.from_bytes(classifier.to_bytes(model))

    np.testing.assert_array_equal(
        again.probabilities(features, LABELS), model.probabilities(features, LABELS)
    )


def test_the_same_rows_give_the_same_classifier():
    first, second = fitted(TEXTS, TRUTH), fitted(TEXTS, TRUTH)

    np.testing.assert_array_equal(
        first.probabilities(TEXTS, LABELS), second.probabilities(TEXTS, LABELS)
    )


def test_bytes_of_another_make_are_not_loaded():
    polynomial = skops.io.dumps({"model": PolynomialFeatures(), "scaler": print})

    for written in (b"", b"PK no archive", polynomial, skops.io.dumps([1])):
        with pytest.raises(classifier.NotAClassifier):
            classifier.from_bytes(written)


def test_the_scores_are_those_of_scikit_learn_and_of_the_paper():
    found = np.array([[0.9, 0.1, 0], [0.6, 0.4, 0], [0.3, 0.7, 0], [0.95, 0.05, 0]])
    truth = codes(["wren", "owl", "owl", "wren"])

    scores = classifier.scores(found, truth)

    assert scores.accuracy == 0.75
    assert scores.log_loss == pytest.approx(log_loss(truth, found, labels=[0, 1, 2]))
    # Bins: .9 and .95 right, .6 wrong, .7 right.
    assert scores.ece == pytest.approx((abs(2 - 1.85) + 0.6 + 0.3) / 4)


def test_no_rows_have_no_scores():
    assert classifier.scores(np.zeros((0, 3)), codes([])) == classifier.Scores()


def test_many_terms_are_written_in_little_time():
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in rng.integers(9000, size=15)) for _ in range(800)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = classifier.to_bytes(fitted(texts, ["wren", "owl"] * 400))

    assert len(written) < 1_000_000
