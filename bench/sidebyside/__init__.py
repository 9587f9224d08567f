"""Speed side by side: Seqloom and its peers do the same work in one run, taking turns, and the page says the ratios.

A table is one file, `bench/speed_NAME.py`, which ends with TABLE and with `run(TABLE)`, and one line in bench/speed.py:

    from sidebyside.command import run
    from sidebyside.table import Goal, Row, Side, Table

    TABLE = Table(
        name="recurrent",
        title="Training recurrent layers",
        intro="One update of ...",
        sides=(
            Side("Seqloom", "seqloom_layer.py"),                                        # the first one is ours
            Side("nn.GRU", "torch_layer.py", settings=({"threads": 1}, {"threads": 2})),  # the fastest one takes part
            Side("jax.lax.scan", "jax_layer.py", environment="jax"),
        ),
        rows=(
            Row("GRU T100 B32 H128", {"kind": "gru", "time": 100, "batch": 32, "size": 128},
                {"nn.GRU": 2.0, "jax.lax.scan": 1.0}),              # the goals: how many times as fast
        ),
    )
    if __name__ == "__main__":
        run(TABLE)

A side is a script in bench/peers that builds the work of a row and does it when asked; see bench/peers/answering.py,
which is all it has to import:

    def make(work):                 # the row's work and the setting of the side in one dictionary
        ...
        return once                 # does the work once; returns None, or how much it did (tokens written)
    serve("torch 2.13.0", make)

`environment` is "ours" (the Python that runs the bench) or a name of bench/peers/NAME.txt, whose pinned packages are
installed into bench/.peers/NAME at first use. A row whose sides do different amounts of work, such as whole trainings
on batches of their own, says `amount=None`: the seconds of one token are compared then.

A peer takes part twice: as shipped, and with the allocator settings that Seqloom gives itself. A goal is a number for
both, or `Goal(shipped=4.0, kept=3.0)`, or `Goal(shipped=1.4)`. A peer without a goal is shown and not judged.

    python bench/speed_recurrent.py              the whole table, into bench/results/speed.{json,md,png}
    python bench/speed_recurrent.py --quick      three rounds, and nothing is written: does it run?
    python bench/speed_recurrent.py --rows LSTM  the rows whose names hold a word
    python bench/speed_recurrent.py --cpu        seconds of processor on one thread: for a busy machine, nothing written
    python bench/speed.py recurrent streaming    some tables; without a name all of them

A measurement of another shape (what int8 costs in BLEU) puts a table of its own on the page: see `results.keep`.
"""
