"""A journal line is there whole or not at all."""

from pathlib import Path

import pytest

from local.aws.journal import Journal, JournalBroken


def written(path: Path, *entries: list[object]) -> Journal:
    journal = Journal(path).open()
    for entry in entries:
        journal.note(entry)
    journal.flush()
    return journal


def test_what_was_flushed_is_read_in_order(tmp_path: Path) -> None:
    journal = written(tmp_path / "j", ["item", 1], ["item", 2])
    journal.note(["item", 3])
    journal.close()
    assert list(Journal(tmp_path / "j").read()) == [["item", 1], ["item", 2], ["item", 3]]


def test_what_was_only_noted_is_not_there(tmp_path: Path) -> None:
    journal = written(tmp_path / "j", ["item", 1])
    journal.note(["item", 2])
    assert list(journal.read()) == [["item", 1]]
    journal.close()


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_cut_short_is_dropped_whole(tmp_path: Path, cut: int) -> None:
    """A transaction is one line, so half a transaction cannot come back."""
    path = tmp_path / "j"
    written(path, ["item", 1]).close()
    whole = path.read_bytes()
    written(path, ["a", 2], ["b", 3]).close()
    path.write_bytes(path.read_bytes()[: len(whole) + cut])
    assert list(Journal(path).read()) == [["item", 1]]


def test_a_foreign_line_in_the_middle_is_said(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'[["item",1]]\nnonsense\n[["item",2]]\n')
    with pytest.raises(JournalBroken, match="line 2"):
        list(Journal(path).read())


def test_rewriting_replaces_everything(tmp_path: Path) -> None:
    journal = written(tmp_path / "j", ["item", 1], ["item", 2])
    journal.close()
    journal.rewrite([["item", 9]])
    assert list(journal.read()) == [["item", 9]]


def test_no_journal_yet_reads_as_empty(tmp_path: Path) -> None:
    assert list(Journal(tmp_path / "deep" / "j").read()) == []
