"""Tables of figures."""

import xml.etree.ElementTree as ElementTree

from seqloom.report.figures import Table
from seqloom.report.table_svg import as_svg, as_text, numeric, written

TABLE = Table("t", ["이름", "n"], [["rnn", 1], ["<b>", 20000], ["x", None]])


def test_numbers_stand_to_the_right() -> None:
    assert as_text(TABLE) == ["이름       n", "────  ──────", "rnn        1", "<b>   20,000", "x          -"]
    assert numeric(TABLE.rows, 1) and not numeric(TABLE.rows, 0) and not numeric([[None]], 0)


def test_texts_stand_to_the_right_where_the_table_says_so() -> None:
    table = Table("", ["name", "95 %"], [["a", "[0, 1]"], ["b", "-"]], right=["95 %"])
    assert as_text(table)[2:] == ["a     [0, 1]", "b          -"]
    root = ElementTree.fromstring(as_svg(table))
    ends = [one.get("text-anchor") for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert ends == [None, None, "end", None, "end", None, "end"]


def test_cells_are_written_for_a_person() -> None:
    assert [written(one) for one in (True, 0.123456, float("nan"), "a\nb", 12345)] == [
        "yes",
        "0.1235",
        "-",
        "a⏎b",
        "12,345",
    ]


def test_as_svg_every_cell_is_there() -> None:
    root = ElementTree.fromstring(as_svg(TABLE))
    texts = list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert [one.text for one in texts] == ["t", "이름", "n", "rnn", "1", "<b>", "20,000", "x", "-"]
    assert texts[4].get("text-anchor") == "end" and texts[3].get("text-anchor") is None
