"""What one more answer would tell: where it is worth its price."""

import numpy as np
from scipy import special

from quality.core.votes import Floats


def information(posterior: Floats, confusion: Floats) -> Floats:
    """The expected information of one more answer to each task, in nats.

    posterior: (n_tasks, n_labels), what is believed now
    confusion: (n_labels, n_labels), [true, said], of a typical worker, gives (n_tasks,); of some
        workers, (n_workers, n_labels, n_labels), gives (n_workers, n_tasks)

    It is the mutual information of truth and answer: 0 where the truth is certain or the worker
    says the same whatever it is, at most log(n_labels). Raises ValueError for other shapes.
    Source: Lindley (1956), "On a Measure of the Information Provided by an Experiment", Annals of
    Mathematical Statistics 27(4), 986-1005.
    """
    n_labels = posterior.shape[-1]
    if posterior.ndim != 2 or confusion.ndim not in {2, 3}:
        raise ValueError("posterior must be (n_tasks, n_labels), confusion one or more matrices")
    if confusion.shape[-2:] != (n_labels, n_labels):
        raise ValueError("confusion must be over the labels of the posterior")
    said = posterior @ confusion
    doubt = special.entr(said).sum(axis=-1)
    noise = special.entr(confusion).sum(axis=-1) @ posterior.T
    return np.maximum(doubt - noise, 0.0)
