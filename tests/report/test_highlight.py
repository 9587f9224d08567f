"""Spans are marked where they are, in colour or in brackets."""

from seqloom.report.highlight import highlighted, labelled

WORDS = "fly to 라스 베가스 on monday".split()  # noqa: SIM905
SPANS = [("date", 5, 6), ("city", 2, 4)]


def test_brackets_where_there_is_no_colour() -> None:
    assert highlighted(WORDS, SPANS) == "fly to [라스 베가스: city] on [monday: date]"
    assert highlighted(["a", "b"], []) == "a b" and highlighted([], []) == ""
    assert highlighted(["a", "b"], [("", 0, 1), ("", 1, 2)]) == "[a: span] [b: span]"


def test_a_type_has_its_colour() -> None:
    text = highlighted(WORDS, SPANS, color=True)
    city = text[text.index("to ") + 3 : text.index("라스")]
    assert city.startswith("\x1b[1;3") and "\x1b[2m city\x1b[0m" in text and "[라스" not in text.replace("\x1b[", "")
    again = highlighted(["x"], [("city", 0, 1)], color=True)
    assert again.startswith(city)


def test_tags_stand_behind_their_words() -> None:
    assert labelled(["나", "\t"], ["PRON", "X"]) == "나/PRON ⇥/X"
    assert labelled(["a"], ["DET"], color=True) == "a\x1b[2m/DET\x1b[0m"


def test_a_long_sentence_is_not_broken() -> None:
    assert "\n" not in highlighted(["word"] * 500, [("x", 0, 500)]) and "[/x]" in highlighted(["[/x]"], [])
