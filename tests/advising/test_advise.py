"""advise, end to end: the budget is kept, the known answer is found, and what is told is what was measured."""

import json
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from racing import in_order, of_words, write

from seqloom.advising.advice import Advice
from seqloom.advising.advise import advise
from seqloom.advising.reading import Reading
from seqloom.advising.telling import limits, reasons, text
from seqloom.errors import InputError
from seqloom.spec import Spec
from seqloom.tasks import TASKS
from seqloom.tasks.task import Task

WORDS = ("source.tokens=word", "fit.device=cpu")
EASY = (*WORDS, "source.size=16", "fit.lr=0.02", "source.dropout=0", "heads.label.dropout=0")


@pytest.fixture(autouse=True, scope="module")
def alone() -> Iterator[None]:
    """Count the seconds that this process computes: what else the machine does then changes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "perf_counter", time.process_time)
        yield


@pytest.fixture(scope="module")
def order(alone: None, tmp_path_factory: pytest.TempPathFactory) -> Advice:
    """Return advice on data whose label order alone tells."""
    data = write(tmp_path_factory.mktemp("order"), "a.tsv", in_order(500))
    small = (*EASY, "fit.batch_tokens=256")
    return advise("classify", data, budget="6s", archs=["bag", "gru", "rnn"], valid=0.4, settings=small)


def test_order_is_told_from_no_order(order: Advice) -> None:
    assert order.pick in ("gru", "rnn"), text(order)
    best, blind = order.winner.best, order.blind()
    assert best is not None and blind is not None and blind.best is not None and blind.name == "bag"
    assert best.value > 0.9 and blind.best.value < 0.65
    assert any(line.startswith("Order matters: bag") for line in reasons(order))
    value, half = order.against(blind)
    assert value == pytest.approx(best.value - blind.best.value) and 0 < half < value
    assert blind in order.finalists, "the yardstick has as much time as the winner"
    assert abs(blind.seconds - order.winner.seconds) < 2


def test_the_answer_is_whole(order: Advice) -> None:
    told = json.loads(json.dumps(order.to_dict(), allow_nan=False, ensure_ascii=False))
    assert told["pick"] == order.pick and told["contestants"][0]["arch"] == order.pick
    assert told["contestants"][0]["status"] == "picked" and told["seconds"] < 1.15 * 6 + 1
    words = shlex.split(told["command"])
    assert words[:3] == ["seqloom", "train", "classify"] and words[words.index("--arch") + 1] == order.pick
    assert "fit.lr=0.02" in words and words[words.index("--valid") + 1] == "0.4"
    assert shlex.split(told["compare"])[:2] == ["seqloom", "compare"]
    assert told["sight"]["rows"] == 300 and told["sight"]["held_out"] == 200 and told["judged"]["items"] == 200
    assert told["sight"]["lengths"] == {"least": 6, "median": 6, "p95": 6, "most": 6}
    assert told["naive"]["value"] < 0.65 and told["left_out"] == {}
    shown = text(order)
    assert shown.startswith(f"Take {order.pick}.\n\n  seqloom train") and "Did not race" not in shown
    assert all(one.name in shown for one in order.contestants) and "One seed each" in " ".join(limits(order))


def test_the_line_it_gives_can_be_run(order: Advice, tmp_path: Path) -> None:
    from seqloom.cli.main import main

    words = shlex.split(order.command())
    assert main([*words[1:], "--steps", "2", "--out", str(tmp_path / "run")]) == 0


def test_who_needs_no_order_wins_where_there_is_none(tmp_path: Path) -> None:
    data = write(tmp_path, "a.tsv", of_words(400))
    found = advise("classify", data, budget="6s", archs=["transformer", "bag"], valid=0.4, settings=EASY)
    assert found.winner.best is not None and found.winner.best.value > 0.9
    assert found.pick == "bag", text(found)
    assert any("of the input may not be worth modelling" in line for line in reasons(found))


def test_reading_that_takes_the_budget_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, now, read = write(tmp_path, "a.tsv", in_order(60)), [0.0], Reading.task

    def slowly(self: Reading, spec: Spec) -> Task:
        now[0] += 58
        return read(self, spec)

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(Reading, "task", slowly)
    with pytest.raises(InputError, match=r"reading .*a\.tsv took 58 s of a budget of 60.*Say --budget 4m"):
        advise("classify", data, budget="1m", settings=WORDS)


def test_of_a_long_text_a_little_is_held_out(tmp_path: Path) -> None:
    from seqloom.advising.advise import HELD, _trimmed
    from seqloom.advising.entrants import Wanted

    long, said = write(tmp_path, "long.txt", "abcd" * 2_000_000), list[str]()
    wanted = _trimmed(Wanted("language", long), 60.0, said.append)
    assert wanted.valid == HELD * 60 / 8_000_000 and len(said) == 1
    for one in (Wanted("language", long, valid=0.05), Wanted("language", long, settings=("data.valid=0.3",))):
        assert _trimmed(one, 60.0, said.append) == one
    short = Wanted("language", write(tmp_path, "short.txt", "abcd" * 100))
    assert _trimmed(short, 60.0, said.append) == short and len(said) == 1


def test_who_is_slow_to_judge_is_let_go_but_for_two() -> None:
    from racing import Clock, Pretender

    from seqloom.advising.advise import _pace
    from seqloom.advising.judging import Judge

    class Slow(Pretender):
        def look_time(self, judge: Judge) -> float:
            return self.speed / 10

    field = [Slow(str(speed), Clock(), lambda s: s, speed) for speed in (10, 20, 40, 900)]
    judge = Judge(None)
    _pace(field, judge, turn=10)
    assert judge.share == pytest.approx(1 / 4)  # a look at the third takes 4 s, and should take 1 s
    assert [one.failed is None for one in field] == [True, True, True, False]
    assert field[-1].failed == "judging it takes 22 s, where each has 10 s in the first rung"
    judge.whole = True
    slow = [Slow(str(speed), Clock(), lambda s: s, speed) for speed in (900, 800, 700)]
    _pace(slow, judge, turn=10)
    assert judge.share == 1 and [one.failed is None for one in slow] == [False, True, True]


def test_what_is_too_large_or_has_no_time_is_said_to_be_left_out(tmp_path: Path) -> None:
    found = advise("classify", write(tmp_path, "a.tsv", in_order(60)), budget="6s", settings=(*WORDS, "source.size=8"))
    assert "parameters are more than minutes can train" in found.left_out["transformer-base"]
    assert found.left_out["deep-lstm"].startswith("there was no time") and "cnn" in found.unfit
    shown = text(found)
    assert "Did not race: transformer-base: its 1" in shown and "are few, and chance may have chosen" in shown
    assert set(found.left_out) | {one.name for one in found.contestants} >= {"bag", "gru", "lstm", "mlp", "gpt"}


@pytest.mark.slow
@pytest.mark.parametrize("task", list(TASKS))
def test_every_task_has_advice(task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = str(Path(__file__).parents[1] / "kept")
    monkeypatch.syspath_prepend(kept)
    monkeypatch.chdir(tmp_path)
    from small import small_data

    data, more = small_data(tmp_path)[task]
    found = advise(task, data, budget="12s", **more)
    assert found.winner.best is not None and found.winner.updates > 0 and found.seconds < 1.15 * 12 + 2
    assert not [one.failed for one in found.contestants if one.failed]
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.pick in text(found) and f"seqloom train {task} {data}" in found.command()


def test_a_budget_that_trains_nobody_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqloom.advising import race

    monkeypatch.setattr(race, "turn", lambda seconds, look: (0.0, 1))
    with pytest.raises(
        InputError, match=r"took all of the 20 s, and .* was not trained at all: give a larger --budget"
    ):
        advise("classify", write(tmp_path, "a.tsv", in_order(60)), budget="20s", archs=["bag", "gru"], settings=WORDS)


def test_more_race_only_where_they_have_time_for_updates() -> None:
    from racing import Clock, Pretender

    from seqloom.advising.advise import FIRST, UPDATES, _room

    field = [Pretender(str(n), Clock(), lambda s: s) for n in range(5)]
    now = time.perf_counter()
    assert _room(field[:2], now + 60, now + 60) == FIRST, "too few to tell from"
    for one in field:
        one.update_seconds = 1.0
    assert _room(field[:3], now + 3 * 5 * UPDATES, now + 60) == 6  # two rungs of 150 s, 25 s each; 7 have three
    assert _room(field[:3], now + 10, now + 60) == FIRST
    for one in field:
        one.update_seconds = 0.001
    assert _room(field, now + 60, now + 60) > 100
    assert _room(field, now + 60, now - 1) == 2, "starting has an end"


def test_nobody_is_started_when_time_runs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.advising.advise.STARTING", 0.0)
    monkeypatch.setattr("seqloom.advising.advise.TURN", (0.1, 0.1))
    found = advise("classify", write(tmp_path, "a.tsv", in_order(60)), budget="6s", settings=(*WORDS, "source.size=8"))
    assert len(found.contestants) == 2 and found.left_out["transformer"].startswith("there was no time")
