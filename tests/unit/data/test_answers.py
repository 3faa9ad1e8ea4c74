"""Answers in pages, sorted and filtered where they lie; what was asked, for the next time."""

from pathlib import Path

import pytest

from workbench.data import datasets, history
from workbench.data.answers import ask
from workbench.data.pages import PAGE, Order
from workbench.errors import BadInput
from workbench.project.project import Project


@pytest.fixture
def asked(project: Project, tmp_path: Path) -> Project:
    (tmp_path / "t.csv").write_text("k,n\n" + "".join(f"k{m % 3},{m}\n" for m in range(600)))
    for name in ("t", "answer", "kept"):  # names that are ours inside
        datasets.add(project, tmp_path / "t.csv", name=name)
    return project


def test_pages_of_an_answer(asked: Project) -> None:
    with ask(
        asked, "SELECT n, k, n AS N FROM answer JOIN kept USING (n, k) ORDER BY n DESC"
    ) as found:
        assert (found.total(), found.count(), found.more) == (600, 600, False)
        assert [column.name for column in found.columns] == ["n", "k", "N_1"]
        assert found.page(1)[0] == (599 - PAGE, "k1", 599 - PAGE)
        some = found.arranged(Order("n"), "k = 'k1' AND n > 3")
        assert (some.count(), some.page(0)[0][0], some.row_number(0)) == (199, 4, 595)
        with pytest.raises(BadInput, match="no condition"):
            found.arranged(None, "nowhere = 1")
        with pytest.raises(BadInput, match="no column"):
            found.arranged(Order("m"))


def test_an_answer_has_an_end(asked: Project) -> None:
    with ask(asked, "SELECT * FROM t", most=10) as found:
        assert (found.total(), found.more) == (10, True)


def test_values_that_no_screen_knows_are_text(asked: Project) -> None:
    with ask(
        asked, "SELECT INTERVAL 1 DAY AS i, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS z"
    ) as found:
        assert found.page(0)[0][0] == "1 day"
        assert found.page(0)[0][1].isoformat() == "2024-01-01T00:00:00+00:00"


def test_what_goes_wrong_on_the_way_says_where(asked: Project) -> None:
    with pytest.raises(BadInput) as refusal:
        ask(asked, "SELECT n\nFROM t\nWHERE k::INT > 1")
    assert refusal.value.code == "query.failed"


def test_history_keeps_the_newest_once(
    asked: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(history, "MOST", 3)
    for sql in ("a", "b", "a", "c\nd", "e"):
        kept = history.remember(asked, sql)
    assert kept == history.asked_before(asked) == ["a", "c\nd", "e"]
    place = history._place(asked)
    assert place.stat().st_mode & 0o077 == 0
    place.write_bytes(b"{")
    assert history.asked_before(asked) == []
    place.unlink()
    place.mkdir()  # it can be neither read nor written
    assert history.remember(asked, "f") == ["f"]
