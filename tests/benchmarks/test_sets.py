import json

import pytest

from benchmarks import sets


@pytest.fixture
def folder(tmp_path):
    def write(labels, truth, meta=None, name="birds"):
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        (path / "labels.csv").write_text("task,worker,label\n" + labels)
        if truth is not None:
            (path / "truth.csv").write_text("task,label\n" + truth)
        if meta is not None:
            (path / "meta.json").write_text(json.dumps(meta))
        return path

    return write


def test_ids_are_numbered_in_order_and_rows_stay_as_they_are(folder):
    found = sets.read(folder("10,w,1\n9,v,0\n9,w,0\n", "9,0\n"))

    assert found.task.tolist() == [1, 0, 0]
    assert found.worker.tolist() == [1, 0, 1]
    assert found.truth == {0: "0"}
    assert found.redundancy == 1.5


def test_the_first_of_repeated_pairs_is_kept(folder):
    found = sets.read(folder("a,w,1\na,w,0\nb,w,0\n", "a,1\n"))

    assert found.answer == ["1", "0"]
    assert found.n_repeated == 1


def test_classes_that_only_the_truth_knows_are_declared(folder):
    coded = sets.classes(sets.read(folder("a,w,1\nb,w,0\n", "a,2\nb,0.0\n")))

    assert coded.names == ["0", "1", "2"]
    assert coded.label.tolist() == [1, 0]
    assert coded.gold.tolist() == [2, 0]


def test_a_truth_without_answers_does_not_count(folder):
    found = sets.read(folder("a,w,1\n", "a,1\nz,1\n"))

    assert found.truth == {0: "1"}


def test_what_has_no_answers_or_no_truth_is_left_out_with_a_reason(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    folder("a,w,1\n", None, name="unknown")
    folder("a,w,1\n", "b,1\n", name="elsewhere")
    folder("a,w,1\n", "a,1\n", {"kind": "boxes"}, name="pictures")

    reasons = {path.name: str(found) for path, found in sets.read_all(tmp_path)}

    assert reasons == {
        "elsewhere": "no task with answers has a known truth",
        "empty": "no labels.csv",
        "pictures": "sets of kind 'boxes' are not scored",
        "unknown": "no truth.csv",
    }


def test_a_number_that_is_none_is_a_reason_too(folder):
    with pytest.raises(sets.Unusable, match="not a number"):
        sets.read(folder("a,w,1\nb,w,much\n", "a,1\n", {"kind": "numeric"}))


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (["0", "1", "1", "0"], sets.CATEGORICAL),
        (["cat", "dog", "cat", "dog"], sets.CATEGORICAL),
        ([str(n / 7) for n in range(40)], sets.NUMERIC),
        (["he got the approval", "many think the way he is"] * 5, sets.TEXT),
        (["Anna", "Bob", "Carl", "Dora"], sets.TEXT),
    ],
)
def test_without_a_note_the_kind_is_guessed(answers, kind):
    assert sets.guessed_kind(answers) == kind
