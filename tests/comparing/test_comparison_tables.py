"""The tables of a comparison: what they say, of whom, and in which order."""

from collections.abc import Callable
from typing import Any

from seqloom.comparing import comparison_tables as tables

Made = Callable[..., dict[str, Any]]


def test_the_best_stand_first_whichever_way_is_better(made: Made) -> None:
    told = made()
    assert [row[0] for row in tables.quality(told).rows] == ["gru", "lstm", "transformer", "rnn"]
    told["measure"] = {**told["measure"], "higher": False}
    assert [row[0] for row in tables.quality(told).rows] == ["rnn", "transformer", "lstm", "gru"]


def test_an_architecture_without_a_result_is_last_and_says_why(made: Made) -> None:
    told = made(failed=[("gru", seed) for seed in range(3)])
    table = tables.quality(told)
    assert table.columns[-1] == "failed" and table.rows[-1] == ("gru", "-", "-", "-", "0", "3")
    assert [row[:2] for row in tables.failures(told).rows] == [("gru", "0"), ("gru", "1"), ("gru", "2")]
    assert "failed" not in tables.quality(made()).columns and tables.failures(made()).rows == []
    gru = [row for row in tables.pairs(told).rows if "gru" in str(row[0])]
    assert [row[6] for row in gru] == ["not tested"] * 3 and [row[1] for row in gru] == ["-"] * 3
    (run,) = [row for row in tables.runs(told).rows if row[:2] == ("gru", "1")]
    assert run[2] == "failed" and run[-1] == "the loss is not finite at step 40 <b>"


def test_of_a_pair_the_better_stands_first_with_its_sign_and_its_ends(made: Made) -> None:
    told = made()
    told["pairs"] = [{"a": "rnn", "b": "gru", "difference": -0.06, "low": -0.07, "high": -0.04, "p": 0.001}]
    told["pairs"][0] |= {"p_holm": 0.004, "effect": -3.0, "shown": True}
    assert tables.pairs(told).rows == [
        ("gru - rnn", "+6.0", "[+4.0, +7.0]", "0.001", "0.004", "+3.00", "gru is better")
    ]
    told["measure"] = {**told["measure"], "higher": False}
    ((pair, difference, *_, shown),) = tables.pairs(told).rows
    assert (pair, difference, shown) == ("rnn - gru", "-6.0", "rnn is better")
    assert told["pairs"][0]["a"] == "rnn", "what was told is not changed"


def test_no_difference_is_said_where_none_is_shown(made: Made) -> None:
    said = {row[0]: row[6] for row in tables.pairs(made()).rows}
    assert said["gru - lstm"] == "no difference shown" and said["lstm - rnn"] == "lstm is better"


def test_costs_have_a_row_each_and_none_for_what_nobody_has(made: Made) -> None:
    told = made(("lstm", "gru"))
    told["archs"][1] |= {"seconds": 90.0}
    told["archs"][1]["cost"] = {"latency": {"p50": 2.0, "p95": None}, "new_cost": 1234.0, "why": "so"}
    told["archs"][0] |= {"seconds": None, "cost": {"horizon": None}}
    table = tables.costs(told)
    assert table.columns == ["cost", "gru", "lstm"]
    assert list(table.rows) == [
        ("parameters", "1.00M", "1.00M"),
        ("time to train", "1.5 min", "-"),
        ("latency of a row, median (ms)", "2", "-"),
        ("new cost", "1.23k", "-"),
        ("why", "so", "-"),
    ]


def test_quality_in_parts_keeps_bins_that_only_some_have(made: Made) -> None:
    told = made(("lstm", "gru"))
    told["by_class"] = {
        "gru": [{"name": "가", "items": 7, "mean": 0.5, "low": 0.4, "high": 0.6}],
        "lstm": [
            {"name": "가", "items": 7, "mean": 0.25, "low": None, "high": None},
            {"name": "나", "items": 3, "mean": 1.0, "low": 0.9, "high": 1.0},
        ],
    }
    table = tables.breakdown(told, "by_class")
    assert list(table.rows) == [
        ("가", "7", "50.00 [40.00, 60.00]", "25.00"),
        ("나", "3", "-", "100.00 [90.00, 100.00]"),
    ]
    assert tables.breakdown({**told, "by_class": None}, "by_class").rows == []


def test_the_rate_that_was_taken_is_marked(made: Made) -> None:
    rows = [row for row in tables.rates(made()).rows if row[0] == "gru"]
    assert [(row[1], row[3]) for row in rows] == [("0.001", "no"), ("0.003", "yes"), ("0.009", "no")]
    untuned = made()
    for cell in untuned["cells"]:
        cell["tuned"] = []
    assert tables.rates(untuned).rows == []


def test_the_plan_says_all_that_was_set(made: Made) -> None:
    rows = dict(tables.plan(made()).rows)
    assert rows["data"] == "후기.tsv" and rows["torch"] == "2.9" and rows["cores"] == "2" and rows["seeds"] == "0, 1, 2"
    assert rows["command"].startswith("seqloom compare ") and "minutes" not in rows and "gpu" not in rows
    assert dict(tables.plan({**made(), "machine": "a laptop"}).rows)["machine"] == "a laptop"


def test_how_an_effective_memory_is_to_be_read_is_said_once(made: Made) -> None:
    told = made()
    for place, one in enumerate(told["archs"]):
        about = (None, "at least", "attention sees all.", "attention sees all.")[place]
        one["cost"] = {"horizon": None if place > 1 else 5.0, "horizon_about": about}
    assert tables.cost_notes(told) == [
        "Effective memory of gru: at least.",
        "Effective memory of lstm, transformer: attention sees all.",
    ]
    assert all(row[0] != "horizon about" for row in tables.costs(told).rows)
