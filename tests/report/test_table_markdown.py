"""Tables as Markdown."""

from seqloom.report.figures import Table
from seqloom.report.table_markdown import as_markdown, escaped


def test_a_table_has_its_pipes_and_its_sides() -> None:
    table = Table("t", ["arch", "accuracy", "95 %"], [["gru", 0.5, "[0.4, 0.6]"], ["나", None, "-"]], right=["95 %"])
    assert as_markdown(table).splitlines() == [
        "| arch | accuracy | 95 % |",
        "| --- | ---: | ---: |",
        "| gru | 0.5 | [0.4, 0.6] |",
        "| 나 | - | - |",
    ]


def test_a_cell_stays_in_its_cell_and_reads_as_it_was_given() -> None:
    row = as_markdown(Table("", ["a|b"], [["x|y\n*z* <b>"]])).splitlines()
    assert row[0] == "| a\\|b |" and row[2] == "| x\\|y⏎\\*z\\* \\<b\\> |"
    assert escaped("[a](b)") == "\\[a\\](b)" and escaped("a_b & c\\") == "a\\_b \\& c\\\\"
