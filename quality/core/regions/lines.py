"""One label's marks along one text: the stretches between boundaries, and spans made of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from quality.core.votes import Floats

Ends = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Code points that the same workers marked, all of them."""

    start: int
    end: int
    markers: frozenset[int]


class Line:
    """The spans that each worker drew with one label, at least one in all.

    stretches: in order, those that somebody marked
    """

    def __init__(self, drawn: Mapping[int, Sequence[Ends]]) -> None:
        self.drawn = drawn
        ends = sorted({end for spans in drawn.values() for span in spans for end in span})
        number = {end: i for i, end in enumerate(ends)}
        markers: list[set[int]] = [set() for _ in ends]
        for worker, spans in drawn.items():
            for start, end in spans:
                for i in range(number[start], number[end]):
                    markers[i].add(worker)
        self.stretches = [
            Stretch(start, end, frozenset(by))
            for (start, end), by in zip(pairwise(ends), markers, strict=False)
            if by
        ]

    def spans(self, posterior: Floats, weight: Floats) -> Iterator[tuple[int, int, float]]:
        """(start, end, confidence) of each span that is more likely there than not.

        posterior: (n_stretches,)
        weight: what each worker's boundary counts, by worker code
        """
        sure = posterior.tolist()
        cuts = self._cuts(weight)
        regions = list(_regions(self.stretches, sure, cuts))
        reached = 0
        for i, (start, end) in enumerate(regions):
            room = regions[i + 1][0] if i + 1 < len(regions) else None
            start, end = self._voted(start, end, (reached, room), weight)
            yield start, end, self._mean(start, end, sure)
            reached = end

    def _cuts(self, weight: Floats) -> set[int]:
        """Boundaries at which most of those who marked both sides ended one span and began one."""
        touching: dict[int, float] = defaultdict(float)
        for worker, spans in self.drawn.items():
            for (_, end), (start, _) in pairwise(spans):
                if end == start:
                    touching[end] += float(weight[worker])
        both: dict[int, float] = {}
        for left, right in pairwise(self.stretches):
            crossing = sorted(left.markers & right.markers)
            both[right.start] = sum(float(weight[worker]) for worker in crossing)
        return {end for end, votes in touching.items() if 2 * votes > both[end]}

    def _voted(self, start: int, end: int, room: tuple[int, int | None], weight: Floats) -> Ends:
        """The boundaries most of those chose who marked something of the region."""
        low, high = room
        starts: dict[int, float] = defaultdict(float)
        ends: dict[int, float] = defaultdict(float)
        for worker in sorted(self.drawn):
            own = [span for span in self.drawn[worker] if span[0] < end and start < span[1]]
            if own:
                starts[own[0][0]] += float(weight[worker])
                ends[own[-1][1]] += float(weight[worker])
        first = _elected({at: n for at, n in starts.items() if low <= at < end}, start)
        last = _elected(
            {at: n for at, n in ends.items() if first < at and (high is None or at <= high)}, end
        )
        return first, last

    def _mean(self, start: int, end: int, sure: Sequence[float]) -> float:
        inside = (
            (min(end, stretch.end) - max(start, stretch.start)) * p
            for stretch, p in zip(self.stretches, sure, strict=True)
            if stretch.start < end and start < stretch.end
        )
        return sum(inside) / (end - start)


def _regions(stretches: Sequence[Stretch], sure: Iterable[float], cuts: set[int]) -> Iterator[Ends]:
    """Runs of neighbouring stretches that are more likely marked than not."""
    run: Ends | None = None
    for stretch, p in zip(stretches, sure, strict=True):
        is_there = round(p, 9) >= 0.5
        if run and is_there and run[1] == stretch.start and stretch.start not in cuts:
            run = (run[0], stretch.end)
            continue
        if run:
            yield run
        run = (stretch.start, stretch.end) if is_there else None
    if run:
        yield run


def _elected(votes: Mapping[int, float], near: int) -> int:
    """The place with most votes; of equals the one nearest to `near`, then the first."""
    return min(votes, key=lambda at: (-round(votes[at], 9), abs(at - near), at), default=near)
