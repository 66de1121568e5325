"""What the demo found: a table to read, and one line for programs."""

import json
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from examples.demo import hostile, intruders, live, recorded, scores

DIGITS = 4


@dataclass(frozen=True)
class Report:
    """All acts, and how long they took."""

    past: recorded.Outcome
    now: live.Outcome
    mixed: hostile.Outcome
    size: live.Size
    seconds: float

    def figures(self) -> dict[str, float | int | None]:
        """The figures by name."""
        past, now = self.past, self.now
        n_answers, model, inbox = len(now.log.acks), now.model, now.inbox
        found: dict[str, float | int | None] = {
            "recorded_accuracy": past.accuracy,
            "recorded_majority_accuracy": past.majority_accuracy,
            "recorded_log_loss": past.log_loss,
            "recorded_first_log_loss": past.first_log_loss,
            "recorded_alpha": past.alpha,
            "live_accuracy": now.accuracy,
            "live_majority_accuracy": now.majority_accuracy,
            "live_answers_per_task": n_answers / now.n_tasks,
            "live_tasks": now.n_tasks,
            "live_pairs_per_s": n_answers / now.log.seconds if now.log.seconds else None,
            "settle_p99_s": scores.quantile(now.settle_waits, 0.99),
            "settle_samples": len(now.settle_waits),
            "clickers": now.kinds["clicker"],
            "clickers_flagged": now.flagged["clicker"],
            "poor": now.kinds["poor"],
            "poor_flagged": now.flagged["poor"],
            "honest": now.kinds["honest"],
            "honest_flagged": now.flagged["honest"],
            "model_accuracy": model.accuracy if model else None,
            "model_baseline_accuracy": model.baseline_accuracy if model else None,
            "feed_changes": now.n_changes,
            "feed_gaps": now.n_gaps,
            "webhook_deliveries": None if inbox is None else len(inbox.taken),
            "webhook_missing": now.n_missing,
            "webhook_unverified": None if inbox is None else inbox.n_unverified,
            "seconds": self.seconds,
        }
        return {
            name: round(value, DIGITS) if isinstance(value, float) else value
            for name, value in (found | self._hostile_figures()).items()
        }

    def _hostile_figures(self) -> dict[str, float | int | None]:
        mixed = self.mixed
        found: dict[str, float | int | None] = {
            "hostile_accuracy": mixed.accuracy,
            "hostile_accuracy_without": mixed.accuracy_without,
            "hostile_majority_accuracy": mixed.majority_accuracy,
            "hostile_answers_per_task": len(mixed.log.acks) / mixed.n_tasks,
            "hostile_answers_per_worker": mixed.answers_per_worker,
            "hostile_flagged_share": mixed.flagged_share,
            "hostile_studied": int(mixed.is_studied),
        }
        for kind in (*intruders.KINDS, "poor", "honest"):
            found[f"hostile_{kind}"] = mixed.kinds[kind]
            found[f"hostile_{kind}_flagged"] = mixed.flagged[kind]
        return found

    def json(self) -> str:
        """The figures as one line."""
        return json.dumps(self.figures())

    def show(self, console: Console) -> None:
        """The figures as a table."""
        table = Table(
            title=f"Concord on real answers (seed {self.size.seed})",
            caption="The live crowd is simulated from measured error rates.",
        )
        table.add_column("What")
        table.add_column("Found", justify="right")
        table.add_column("Beside it")
        parts = (self._recorded, self._live, self._people, self._machines, self._mixed)
        for rows in parts:
            for row in rows():
                table.add_row(*row)
            table.add_section()
        console.print(table)

    def _recorded(self) -> list[tuple[str, str, str]]:
        past = self.past
        low, high = past.alpha_interval or (float("nan"), float("nan"))
        alpha = "undefined" if past.alpha is None else f"{past.alpha:.3f}"
        return [
            ("Recorded: accuracy", _share(past.accuracy), _beside(past.majority_accuracy)),
            (
                "Log-loss",
                f"{past.log_loss:.3f}",
                f"{past.first_log_loss:.3f} by Concord's first aggregator",
            ),
            ("Krippendorff's alpha", alpha, f"95 % interval {low:.3f} to {high:.3f}"),
            (
                "People flagged",
                str(past.n_flagged),
                f"{past.n_flagged_below_floor} of them below .70 by the truth",
            ),
            ("Import", f"{past.import_s:.1f} s", f"settled {past.settle_s:.1f} s later"),
        ]

    def _live(self) -> list[tuple[str, str, str]]:
        now = self.now
        refused = ", ".join(f"{n} {code}" for code, n in now.log.refusals.items())
        p50, p99 = (scores.quantile(now.settle_waits, share) for share in (0.5, 0.99))
        ended = "time was up" if now.log.is_out_of_time else "all the tasks are done"
        return [
            ("Live: accuracy", _share(now.accuracy), _beside(now.majority_accuracy)),
            ("Tasks done", f"{now.n_finished} of {now.n_tasks}", ended),
            (
                "Answers per task",
                f"{len(now.log.acks) / now.n_tasks:.2f}",
                f"{refused or 'none'} refused",
            ),
            (
                "Claims and answers",
                f"{len(now.log.acks) / (now.log.seconds or 1):.0f}/s",
                f"{len(now.log.acks)} answers in {now.log.seconds:.0f} s",
            ),
            (
                "Answer to consensus, p99",
                _seconds(p99),
                f"median {_seconds(p50)}, {now.n_untold} never told",
            ),
        ]

    def _people(self) -> list[tuple[str, str, str]]:
        told = {
            "clicker": "Random clickers flagged",
            "poor": "Poor workers flagged",
            "honest": "Honest workers flagged",
        }
        beside = {"poor": "recorded accuracy below .70", "honest": "recorded accuracy .70 or more"}
        now = self.now
        return [
            (words, f"{now.flagged[kind]} of {now.kinds[kind]}", beside.get(kind, ""))
            for kind, words in told.items()
        ]

    def _machines(self) -> list[tuple[str, str, str]]:
        now, rows = self.now, []
        if now.model is None:
            rows.append(("First model", "none", "nothing was left to predict, or no time"))
        else:
            beside = f"its commonest label {now.model.baseline_accuracy:.3f}, {now.model.n} texts"
            rows.append(("First model: accuracy", _share(now.model.accuracy), beside))
        rows.append(("Changes on the feed", str(now.n_changes), f"{now.n_gaps} gaps"))
        if now.inbox is None:
            rows.append(("Webhooks", "none", "the service refuses addresses of this machine"))
        else:
            beside = (
                f"{now.n_missing} changes missing, {now.inbox.n_unverified} unverified, "
                f"{now.inbox.n_failed} failed on purpose"
            )
            rows.append(("Webhooks taken", str(len(now.inbox.taken)), beside))
        return rows

    def _mixed(self) -> list[tuple[str, str, str]]:
        mixed = self.mixed
        beside = {
            "sleeper": "right at first, then as prior",
            "prior": "by the shares of all answers",
            "bad_copier": "of a source right in 45 %; no bar",
            "skilled_copier": "of a source right in 75 %; no bar",
        }
        beside_share = "" if mixed.is_studied else "the last study was not seen"
        return [
            (
                "Hostile: accuracy",
                _share(mixed.accuracy),
                f"{_share(mixed.accuracy_without)} without them; "
                f"majority vote {_share(mixed.majority_accuracy)}",
            ),
            (
                "Answers per task",
                f"{len(mixed.log.acks) / mixed.n_tasks:.2f}",
                f"{mixed.answers_per_worker:.0f} per worker",
            ),
            *(
                (
                    f"{kind.replace('_', ' ').capitalize()} workers flagged",
                    f"{mixed.flagged[kind]} of {mixed.kinds[kind]}",
                    beside.get(kind, ""),
                )
                for kind in intruders.KINDS
            ),
            (
                "Of those with a bar",
                "none" if mixed.flagged_share is None else _share(mixed.flagged_share),
                beside_share,
            ),
            (
                "Honest workers flagged",
                f"{mixed.flagged['honest']} of {mixed.kinds['honest']}",
                f"of the poor {mixed.flagged['poor']} of {mixed.kinds['poor']}",
            ),
            ("Whole demo", f"{self.seconds:.0f} s", ""),
        ]


def _share(value: float) -> str:
    return f"{value:.3f}"


def _beside(majority: float) -> str:
    return f"majority vote {majority:.3f}"


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f} s"
