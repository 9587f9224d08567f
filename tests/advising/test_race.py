"""The race with contestants that only pretend: turns are fair, the right ones go on, the time is kept."""

import pytest
from racing import Clock, Pretender

from seqloom.advising import race
from seqloom.advising.judging import Judge
from seqloom.errors import InputError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(race.time, "perf_counter", made)
    return made


def flat(value: float):
    return lambda seconds: value


def run(field: list[Pretender], deadline: float = 90.0):
    return race.run(field, Judge(None), deadline, lambda note: None)


def test_each_rung_has_the_same_time_and_each_contestant_the_same_turn(clock: Clock) -> None:
    field = [Pretender(f"a{n}", clock, lambda s, n=n: 0.5 + n / 40 + s / 1000) for n in range(9)]
    rungs, winner = run(field)
    assert [len(one.archs) for one in rungs] == [9, 3, 2]
    assert [one.seconds for one in rungs] == pytest.approx([30 / 9, 10, 15])
    assert clock.now == pytest.approx(90) and winner.name == "a8"
    assert rungs[0].out == tuple(f"a{n}" for n in range(6)) and rungs[1].out == ("a6",)
    assert [one.rung for one in field] == [1] * 6 + [2, 3, 3]
    assert all(one.closed == 1 for one in field[:7])


def test_who_learns_late_is_ruled_out_and_who_is_as_good_but_cheaper_wins(clock: Clock) -> None:
    late = Pretender("late", clock, lambda s: 0.99 if s > 20 else 0.5)
    quick = Pretender("quick", clock, flat(0.89), speed=3000)
    field = [late, Pretender("slow", clock, flat(0.91)), quick, Pretender("poor", clock, flat(0.6), speed=9000)]
    rungs, winner = run(field)
    assert "late" in rungs[0].out and winner is quick


def test_a_yardstick_stays_to_the_end(clock: Clock) -> None:
    field = [Pretender("bag", clock, flat(0.4))]
    field += [Pretender(f"a{n}", clock, flat(0.9 + n / 100)) for n in range(5)]
    rungs, winner = run(field)
    assert set(rungs[-1].archs) == {"bag", "a4", "a3"} and winner.name == "a4"


def test_what_fails_is_let_go_and_the_others_have_its_time(clock: Clock) -> None:
    field = [Pretender(name, clock, flat(0.9)) for name in ("whole", "other")]
    broken = Pretender("broken", clock, flat(1.0))
    broken.failed_at = 0.0
    rungs, winner = run([broken, *field])
    assert broken.failed == "a loss that is not finite" and winner.name in ("whole", "other")
    assert broken.closed and "broken" in rungs[0].out and set(rungs[1].archs) == {"whole", "other"}
    clock.now, field = 0.0, [Pretender(name, clock, flat(0.9)) for name in ("a", "b")]
    for one in field:
        one.failed_at = 0.0
    with pytest.raises(InputError, match="no architecture could be trained; a: a loss that is not finite"):
        run(field)


def test_who_gains_nothing_for_long_has_no_more_time(clock: Clock) -> None:
    done = Pretender("done", clock, flat(1.0))
    field = [done, *(Pretender(f"a{n}", clock, lambda s, n=n: 0.6 + n / 100 + s / 400) for n in range(8))]
    run(field, 300.0)
    rising = max(field[1:], key=lambda one: one.seconds)
    assert done.settled and done.seconds < rising.seconds and done.rung == 3


def test_a_race_without_time_still_ends(clock: Clock) -> None:
    field = [Pretender(name, clock, flat(0.5)) for name in ("a", "b", "c")]
    rungs, winner = run(field, -1.0)
    assert len(rungs) == 2 and winner.best is not None and clock.now == 0


def test_looks_are_few_where_they_are_slow() -> None:
    assert race.turn(10, 0.0) == (10, 4) and race.turn(10, 0.25) == (9, 4)
    assert race.turn(10, 2) == (8, 1) and race.turn(10, 9) == (4, 1)
