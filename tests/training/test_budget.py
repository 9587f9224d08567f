"""Budgets to updates, and when to validate and save, on a clock that the test turns."""

import pytest

from seqloom.errors import InputError
from seqloom.spec import FitSpec
from seqloom.training.budget import TIMED, TIMES, WARM, Budget, Clock, check_end
from seqloom.training.checkpoint import Progress


def due(budget: Budget, steps: int) -> list[int]:
    return [step for step in range(steps + 1) if budget.due(Progress(step=step))]


def test_once_an_epoch_or_ten_times() -> None:
    assert due(Budget(FitSpec(epochs=6), 7, Progress()), 42) == [7, 14, 21, 28, 35, 42]
    assert due(Budget(FitSpec(epochs=2), 50, Progress()), 100) == list(range(10, 101, 10))
    assert due(Budget(FitSpec(epochs=40), 5, Progress()), 200) == list(range(20, 201, 20))
    assert due(Budget(FitSpec(steps=100, valid_every=30), 7, Progress()), 100) == [30, 60, 90]


def test_a_small_file_is_learnt_for_a_while_too() -> None:
    assert Budget(FitSpec(epochs=10, at_least=200), 3, Progress()).steps == 200
    assert Budget(FitSpec(epochs=10, at_least=200), 50, Progress()).steps == 500
    with pytest.raises(InputError, match=r"fit\.at_least=200 is for a budget in epochs"):
        Budget(FitSpec(steps=10, at_least=200), 3, Progress())


def test_saving_goes_with_validation_unless_said() -> None:
    budget = Budget(FitSpec(steps=100, valid_every=30), 7, Progress())
    assert budget.due_save(Progress(step=30)) and not budget.due_save(Progress(step=31))
    budget = Budget(FitSpec(steps=100, valid_every=30, save_every=25), 7, Progress())
    assert budget.due_save(Progress(step=25)) and not budget.due_save(Progress(step=30))
    assert not budget.due_save(Progress(step=0))


def run(budget: Budget, progress: Progress, each: float, validation: float = 0.0) -> int:
    """Take updates of `each` seconds until the budget is measured; return the step of that."""
    while not budget.wants_measure(progress):
        progress.step += 1
        progress.seconds += each
        assert progress.step < 10_000
    budget.measure(progress, validation)
    return progress.step


def test_minutes_become_updates() -> None:
    progress = Progress()
    budget = Budget(FitSpec(minutes=1), 1000, progress)
    assert budget.steps is None and due(budget, 50) == []
    assert run(budget, progress, 0.1) == 30  # a twentieth of the time
    assert progress.planned == budget.steps == pytest.approx(600, abs=1)
    assert budget.measured(progress) and not budget.measured(Progress(step=31))
    assert due(budget, 600)[0] == 60


def test_the_first_updates_are_not_timed() -> None:
    progress = Progress()
    budget = Budget(FitSpec(minutes=1), 1000, progress)
    progress.step, progress.seconds = WARM, 20.0
    budget.wants_measure(progress)
    assert run(budget, progress, 0.1) == WARM + TIMED
    assert progress.planned == pytest.approx(WARM + 400, abs=1)


def test_validations_take_their_share() -> None:
    progress = Progress()
    budget = Budget(FitSpec(minutes=1), 1000, progress)
    run(budget, progress, 0.1, validation=1.0)
    assert progress.planned == pytest.approx(600 - TIMES * 10, abs=1)
    progress = Progress()
    budget = Budget(FitSpec(minutes=1, valid_every=10), 1000, progress)
    run(budget, progress, 0.1, validation=1.0)
    assert progress.planned == pytest.approx(30 + 57 / 0.2, abs=1)


def test_where_validations_are_slow_there_are_fewer() -> None:
    progress = Progress()
    budget = Budget(FitSpec(minutes=1), 10, progress)
    assert run(budget, progress, 0.1, validation=9.0) == 30
    assert progress.validations == 3  # half of the 57 s that are left
    assert progress.planned == budget.steps == pytest.approx(30 + (57 - 27) / 0.1, abs=1)
    assert len(due(budget, 330)) == 3
    again = Budget(FitSpec(minutes=1), 10, Progress(step=100, planned=330, validations=3))
    assert due(again, 330) == due(budget, 330)
    progress = Progress()
    budget = Budget(FitSpec(minutes=1), 10, progress)
    run(budget, progress, 0.1, validation=600.0)
    assert progress.validations == 1 and progress.planned == 31  # one takes more than all there is


def test_a_plan_binds_and_is_not_made_again() -> None:
    progress = Progress(step=50, planned=77, seconds=1e9)
    budget = Budget(FitSpec(minutes=1), 1000, progress)
    assert budget.steps == 77 and not budget.wants_measure(progress)
    assert budget.over(Progress(step=76)) is None and budget.over(Progress(step=77)) == "minutes"


def test_a_resumed_run_warms_up_before_it_measures() -> None:
    progress = Progress(step=100, seconds=10.0)
    budget = Budget(FitSpec(minutes=1), 1000, progress)
    assert run(budget, progress, 0.1) == 100 + WARM + TIMED
    assert progress.planned == pytest.approx(600, abs=1)


def test_time_that_is_over_leaves_one_update() -> None:
    progress = Progress(step=100, seconds=1000.0)
    budget = Budget(FitSpec(minutes=1), 1000, progress)
    assert progress.planned is None
    assert run(budget, progress, 0.1) + 1 == progress.planned


def test_no_end_is_refused() -> None:
    with pytest.raises(InputError, match="training needs an end"):
        check_end(FitSpec())
    check_end(FitSpec(minutes=1))


def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    clock = Clock(50.0)
    for _ in range(200):
        now[0] += 0.5
        seconds = clock.step(30)
    assert seconds == 150.0
    assert clock.speed == pytest.approx(60)
    assert clock.left(200, 300) == pytest.approx(50)
    assert clock.left(200, None) is None
