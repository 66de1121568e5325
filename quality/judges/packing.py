"""Fitted models as flat rows of numbers, as the database keeps them."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy import sparse

from quality.core.categorical import Learned, Model, Pool
from quality.core.ordinal import OrdinalModel, Scale
from quality.core.votes import Floats

# Accuracy, spread, strength, correlation.
_SCALARS = 4


def packed(models: Sequence[Model]) -> tuple[Floats, list[Floats]]:
    """What models of the same workers know: of all workers together, and of each."""
    population = np.concatenate([_population(model) for model in models])
    n_workers = models[0].n_workers
    members = [member for model in models for member in model.members]
    sizes = [model.labels.size for model in models for _ in model.members]
    # Each worker's rows of every member's counts, one after the other.
    bounds = [
        member.votes.indptr[np.arange(n_workers + 1) * size]
        for member, size in zip(members, sizes, strict=True)
    ]
    flat = [_cells(member.votes, size) for member, size in zip(members, sizes, strict=True)]
    workers = [
        np.concatenate(
            [
                np.concatenate(([end - start], cells[:, start:end].ravel()))
                for cells, start, end in (
                    (cells, bound[worker], bound[worker + 1])
                    for cells, bound in zip(flat, bounds, strict=True)
                )
            ]
        )
        for worker in range(n_workers)
    ]
    return population, workers


def unpacked(
    population: Floats, workers: Sequence[Floats], n_declared: Sequence[int]
) -> list[Model]:
    """The models again, over so many declared labels each."""
    numbers = iter(population.tolist())
    heads = [_head(numbers) for _ in n_declared]
    n_members = [len(pools) for _, pools in heads]
    counts = [list(_counts(row, sum(n_members))) for row in workers]
    models, first = [], 0
    for (labels, pools), declared in zip(heads, n_declared, strict=True):
        members = tuple(
            Learned(pool, _matrix([row[first + i] for row in counts], labels.size), correlation)
            for i, (pool, correlation) in enumerate(pools)
        )
        models.append(Model(labels, declared, len(workers), members))
        first += len(pools)
    return models


def packed_ordinal(model: OrdinalModel) -> tuple[Floats, list[Floats]]:
    """The same of a fitted OrdinalDefault: the scale comes first of all, and last of each."""
    population, workers = packed([model.labels])
    scale = model.scale
    if scale is None:
        return np.concatenate([[0.0], population]), workers
    head = [scale.population.size, scale.correlation, scale.log_prior.size]
    parts = [np.array(head), scale.population, scale.log_prior, population]
    held = [
        np.concatenate([row, of_worker]) for row, of_worker in zip(workers, scale.held, strict=True)
    ]
    return np.concatenate(parts).astype(np.float64), held


def unpacked_ordinal(
    population: Floats, workers: Sequence[Floats], n_declared: int
) -> OrdinalModel:
    """The model again."""
    n_cells = int(population[0])
    if not n_cells:
        return OrdinalModel(unpacked(population[1:], workers, [n_declared])[0], None)
    correlation, n_labels = float(population[1]), int(population[2])
    of_all, log_prior, rest = np.split(population[3:], [n_cells, n_cells + n_labels])
    held = np.array([row[-n_cells:] for row in workers]).reshape(-1, n_cells)
    labels = unpacked(rest, [row[:-n_cells] for row in workers], [n_declared])[0]
    return OrdinalModel(labels, Scale(correlation, log_prior, of_all, held))


def scale_of_all(population: Floats) -> Floats:
    """How common each place on the scale is, as a worker not met yet is taken; empty if unheard."""
    n_cells = int(population[0])
    return population[3 : 3 + n_cells] if n_cells else np.zeros(0)


def newcomer(n_members: int) -> Floats:
    """A worker whom the models have not met."""
    return np.zeros(n_members)


def _population(model: Model) -> Floats:
    parts = [np.array([model.labels.size, len(model.members)]), model.labels]
    for member in model.members:
        pool = member.pool
        scalars = [pool.accuracy, pool.spread, pool.strength, member.correlation]
        parts += [np.array(scalars), pool.given, pool.votes.ravel()]
    return np.concatenate(parts).astype(np.float64)


def _head(numbers: Iterator[float]) -> tuple[np.ndarray, list[tuple[Pool, float]]]:
    n_labels, n_members = int(next(numbers)), int(next(numbers))
    labels = _take(numbers, n_labels).astype(np.int64)
    pools = []
    for _ in range(n_members):
        accuracy, spread, strength, correlation = _take(numbers, _SCALARS).tolist()
        given = _take(numbers, n_labels)
        votes = _take(numbers, n_labels**2).reshape(n_labels, n_labels)
        pools.append((Pool(given, votes, accuracy, spread, strength), correlation))
    return labels, pools


def _take(numbers: Iterable[float], count: int) -> Floats:
    return np.fromiter(numbers, dtype=np.float64, count=count) if count else np.zeros(0)


def _cells(votes: sparse.csr_array, n_labels: int) -> Floats:
    """Where in its worker's square each count is, and the count, (2, n_counts)."""
    said = np.repeat(np.arange(votes.shape[0]), np.diff(votes.indptr)) % max(n_labels, 1)
    return np.stack([said * n_labels + votes.indices, votes.data])


def _counts(row: Floats, n_members: int) -> Iterator[tuple[Floats, Floats]]:
    at = 0
    for _ in range(n_members):
        size = int(row[at])
        cells = row[at + 1 : at + 1 + 2 * size].reshape(2, size)
        at += 1 + 2 * size
        yield cells[0], cells[1]


def _matrix(counts: list[tuple[Floats, Floats]], n_labels: int) -> sparse.csr_array:
    shape = (len(counts) * n_labels, n_labels)
    sizes = [cells.size for cells, _ in counts]
    if not sum(sizes):
        return sparse.csr_array(shape)
    worker = np.repeat(np.arange(len(counts)), sizes)
    said, true = np.divmod(np.concatenate([cells for cells, _ in counts]).astype(int), n_labels)
    data = np.concatenate([values for _, values in counts])
    return sparse.coo_array((data, (worker * n_labels + said, true)), shape=shape).tocsr()
