"""The state diagrams are those of the tables."""

from local.diagrams import PAGE, page


def test_the_page_is_as_new_as_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m local.diagrams`"
