"""What is generated in docs/ is what the code says."""

from sendepause import docs


def test_the_decision_table_in_docs_is_the_one_in_code() -> None:
    assert docs.PAGE.read_text("utf-8") == docs.page(), "run `make docs`"
