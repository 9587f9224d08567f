"""What a comparison takes is told before it begins, and so is what its architectures do not share."""

from seqloom.comparing.grid import Grid
from seqloom.comparing.prepare import differences, total
from seqloom.training.run import plan

GRID = Grid(task="classify", data="x.tsv", archs=["gru", "lstm+fit.lr=0.01"], seeds=[7, 8, 9], minutes=4.0, tune=2)


def test_the_time_of_all_runs_and_rates_by_hand() -> None:
    """2 x 3 runs of 4 minutes, and 2 rates of one of the two for a quarter of that: 24 + 2 = 26."""
    assert total(GRID, 1) == (
        "2 architectures x 3 seeds x 4 min = 24 min, and 2 learning rates x 1 min = 2 min before: 26 min of training; "
        "reading, measuring and starting come on top."
    )
    assert "26 min of training, about 13 min with 2 at once;" in total(GRID, 2)
    plain = GRID.model_copy(update={"tune": 0, "minutes": None, "steps": 50})
    assert total(plain, 2) == (
        "2 architectures x 3 seeds x 50 updates = 300 updates; reading, measuring and starting come on top."
    )


def test_what_architectures_do_not_share_is_said() -> None:
    specs = {
        name: plan("classify", "x.tsv", arch=name, settings=settings)[0]
        for name, settings in (("gru", ["fit.batch_tokens=512"]), ("lstm", ["fit.batch_tokens=1024"]))
    }
    assert differences(specs) == [
        "fit.batch_tokens is not the same for all: gru 512, lstm 1024; -s fit.batch_tokens=VALUE makes it so."
    ]
    assert differences({"gru": specs["gru"], "again": specs["gru"]}) == []
