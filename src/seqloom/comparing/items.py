"""Items: what a run is worth on each row of data, as what can be summed to the metric it is compared by.

    items = items_of(run, "test.tsv", "macro_f1")
    measure_of(items.measure).value(items.stats.sum(0))    is what run.evaluate("test.tsv")["macro_f1"] says

Rows stand in the order of the data, whatever the batches were, so that the items of two runs are of the same rows:
a row of a table, a sentence, a pair (or a question, where answers are written), a window of a forecast, a stretch of a
text. Files beside this one tell each kind; classes and rarity are what they say.
"""

import torch

from seqloom.comparing.gathered import Gatherer
from seqloom.comparing.items_labels import LabelItems, QuestionItems, StepItems
from seqloom.comparing.items_language import TextItems
from seqloom.comparing.items_numbers import ForecastItems, NumberItems
from seqloom.comparing.items_tags import TagItems
from seqloom.comparing.items_texts import WrittenItems
from seqloom.comparing.measure import Items
from seqloom.errors import InputError
from seqloom.state import State
from seqloom.tasks.asked_data import AskedData
from seqloom.tasks.classify import Classify
from seqloom.tasks.forecast_batches import ForecastData
from seqloom.tasks.language import Language
from seqloom.tasks.pair_batches import PairData
from seqloom.tasks.regress import Regress
from seqloom.tasks.tag_data import TagData
from seqloom.tasks.tag_series import TagSeries
from seqloom.tasks.task import Data, Say
from seqloom.training.run import Run


def items_of(run: Run, data: str | None = None, metric: str | None = None, say: Say = lambda note: None) -> Items:
    """Return what a run is worth on each row of a file, or of what training held out; one pass.

    `metric` is a name of `run.evaluate`; None: accuracy of labels, F1 of spans (else accuracy of tags), nats of texts
    and of pairs, wer of recordings, CIDEr of captions, MASE of forecasts where they have it, MAE of other numbers.
    Raises InputError for data that cannot be read as the training file was, and for a metric that rows have no sum of.
    """
    source = run.task.evaluation(data, say, run.model.carries)
    gatherer = gatherer_of(run, source, say)
    gatherer.ask(metric)
    state: State | None = None
    run.model.eval()
    with torch.no_grad():
        for key in source.order(0):
            batch = source.load(key).to(run.device)
            outputs, state = run.model(batch, state if source.carries else None)
            gatherer.add(outputs, batch)
    return gatherer.items()


def gatherer_of(run: Run, data: Data, say: Say = lambda note: None) -> Gatherer:
    """Return what tells the rows of a run's data; `known` of it are the metrics that can be asked for."""
    if isinstance(data, AskedData):
        return QuestionItems(run, data, say)
    if isinstance(data, TagData):
        return TagItems(run, data, say)
    if isinstance(data, ForecastData):
        return ForecastItems(run, data, say)
    if isinstance(data, PairData):
        return WrittenItems(run, data, say)
    if isinstance(run.task, Classify):
        return LabelItems(run, say)
    if isinstance(run.task, TagSeries):
        return StepItems(run, say)
    if isinstance(run.task, Regress):
        return NumberItems(run, say)
    if isinstance(run.task, Language):
        return TextItems(run, data, say)
    raise InputError(f"runs of the task {run.task.name} cannot be compared row for row.")
