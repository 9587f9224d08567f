"""A comparison as text: everything is said, in order, and nothing breaks out of its place."""

from collections.abc import Callable
from typing import Any

from rich.cells import cell_len

from seqloom.comparing.comparison_text import WIDTH, as_markdown, as_terminal, headline

Made = Callable[..., dict[str, Any]]


def test_the_verdict_stands_first_and_then_the_tables(made: Made) -> None:
    text = as_terminal(made(failed=[("rnn", 1)]))
    parts = ("classify 후기.tsv: 4", "- gru and lstm cannot", "accuracy (%)", "What can be told apart", "What it costs")
    places = [text.index(part) for part in (*parts, "What failed", "Student's t")]
    assert places == sorted(places)
    assert "the loss is not finite at step 40" in text and "What failed" not in as_terminal(made())
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_sentences_fit_a_terminal(made: Made) -> None:
    text = as_terminal(made(verdict=["one word after another " * 20]))
    sentences = [line for line in text.splitlines()[1:] if not line.startswith("accuracy") and "  " not in line[2:]]
    assert len(sentences) > 8 and max(map(cell_len, sentences)) <= WIDTH


def test_the_head_says_what_each_run_might_spend(made: Made) -> None:
    told = made()
    assert headline(told) == (
        "classify 후기.tsv: 4 architectures, 3 seeds each, 500 updates a run, matched to params=1M"
    )
    told["plan"] = {"task": "classify", "data": "a.tsv", "seeds": [1], "minutes": 10.0}
    assert headline(told) == "classify a.tsv: 4 architectures, 1 seed each, 10 min a run"


def test_of_one_seed_it_says_that_nothing_is_known_of_others(made: Made) -> None:
    text = as_terminal(made(seeds=(7,)))
    assert "One seed: nothing is known" in text and "Holm's correction" not in text
    assert "Holm's correction" in as_terminal(made()) and "One seed" not in as_terminal(made())


def test_markdown_holds_everything_that_there_is(made: Made) -> None:
    text = as_markdown(made())
    for part in ("by length", "by class", "by rarity", "Learning rates", "Every run", "What was run", "```sh\nseqloom"):
        assert part in text, part
    assert text.startswith("# classify 후기.tsv: ") and "좋음" in text and "\\<b\\>" in text and "<b>" not in text
    bare = as_markdown(made(by_length=None, by_class={}, by_rarity={}, command=None, pairs=[]))
    assert "accuracy by " not in bare and "Found again" not in bare and "## What can be told apart" not in bare


def test_every_table_of_markdown_is_one(made: Made) -> None:
    told = made(("gru", "a|b+encoder.layers=2"), failed=[("gru", 0)])
    lines = as_markdown(told).splitlines()
    for at, line in enumerate(lines):
        if line.startswith("| ") and (at == 0 or not lines[at - 1].startswith("|")):
            wide = line.replace("\\|", "").count("|")
            while at < len(lines) and lines[at].startswith("|"):
                assert lines[at].replace("\\|", "").count("|") == wide, lines[at]
                at += 1


def test_where_nothing_was_measured_it_says_so(made: Made) -> None:
    every = [(arch, seed) for arch in ("gru", "lstm") for seed in range(3)]
    told = made(("gru", "lstm"), failed=every, measure=None, verdict=["every run failed."], pairs=[])
    for text in (as_terminal(told), as_markdown(told)):
        assert "every run failed." in text and "No run was measured" in text and "not finite at step 40" in text
        assert "Student" not in text


def test_it_says_what_the_rows_were_for_and_what_has_not_ended(made: Made) -> None:
    assert "on test rows" in as_terminal(made()) and "Validation rows chose" not in as_terminal(made())
    told = made(measured_on="validation", missing=1)
    assert "on validation rows" in as_terminal(told) and "Validation rows chose" in as_terminal(told)
    assert "1 run of the plan has not ended yet." in as_terminal(told) and "ended yet" not in as_terminal(made())
