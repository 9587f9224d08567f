"""Cells: one step of recurrence each, `(x [batch, input], State) -> (y, State)`; one file a cell."""

from seqloom.table import Table

CELLS = Table(
    "cell",
    "seqloom.cells",
    {
        "rnn": "rnn:RNN",
        "lstm": "lstm:LSTM",
        "gru": "gru:GRU",
        "mgu": "mgu:MGU",
        "mingru": "mingru:MinGRU",
        "minlstm": "minlstm:MinLSTM",
    },
)
