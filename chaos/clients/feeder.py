"""A client system that brings items, and answers that were collected elsewhere."""

import random
import threading
from typing import Any

from chaos.clients import stage
from chaos.clients.caller import Caller, GaveUp
from chaos.clients.stage import FIELD, Stage
from chaos.history import History

ITEMS_AT_ONCE = 25
AT_FIRST = 8
EVERY_S = 2.0
RESTS_S = 0.2
# One upload of answers after so many of items.
ANSWERS_EVERY = 3
ANSWERED_ITEMS, RECORDED_WORKERS = 4, 2


class Feeder:
    """Uploads in a thread of its own, the sooner the more the workers ask."""

    def __init__(self, at: Stage, history: History, hungry: threading.Event) -> None:
        self._at, self._history, self._hungry = at, history, hungry
        self._chance = random.Random(f"feeder {at.seed}")
        self._caller = Caller(at.url, history, chance=self._chance)
        self._n_items = self._n_uploads = 0
        self._stops = threading.Event()
        for _ in range(AT_FIRST):
            self._items()
        self._thread = threading.Thread(target=self._run, name="feeder")
        self._thread.start()

    def stop(self) -> None:
        """End with the upload under way."""
        self._stops.set()
        self._hungry.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stops.is_set():
            self._hungry.wait(EVERY_S)
            self._hungry.clear()
            if self._stops.wait(RESTS_S):
                return
            try:
                ids = self._items()
                self._n_uploads += 1
                if self._n_uploads % ANSWERS_EVERY == 0:
                    self._answers(ids)
            except GaveUp as gave_up:
                self._history.note("unclear", call=str(gave_up))

    def _items(self) -> list[str]:
        first = self._n_items
        self._n_items += ITEMS_AT_ONCE
        ids = [f"i{number}" for number in range(first, self._n_items)]
        records = [{"external_id": one, "payload": {"text": f"Bird {one}."}} for one in ids]
        if self._uploaded("items", records):
            self._history.note("items", ids=ids)
        return ids

    def _answers(self, ids: list[str]) -> None:
        rows = [
            {
                "external_id": one,
                "worker": f"paper {number}",
                "answer": {FIELD: stage.answer(f"Bird {one}.", self._chance)},
            }
            for one in ids[:ANSWERED_ITEMS]
            for number in range(RECORDED_WORKERS)
        ]
        if self._uploaded("answers", rows):
            self._history.note("recorded", rows=rows)

    def _uploaded(self, what: str, records: list[Any]) -> bool:
        """Whether all are there now, by this request or by one whose reply was lost."""
        reply = self._caller.upload(f"projects/{self._at.slug}/{what}/", self._at.key, records)
        told = reply.body
        if reply.status == 201 and told["accepted"] + told["duplicates"] == len(records):
            return True
        said = str(told)[:200]
        self._history.note("strange", call=f"upload of {what}", status=reply.status, said=said)
        return False
