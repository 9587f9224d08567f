"""An explanation as JSON: every value is a number, and null stands where there is none."""

import json

import numpy as np

from seqloom.explaining.explain import Explanation
from seqloom.explaining.view import View


def test_what_is_no_number_is_null() -> None:
    values = {"a": np.array([[1.5, np.nan], [np.inf, 2.0]]), "b": np.array([1, 2]), "c": np.array([0.25], np.float32)}
    found = Explanation("run", "asked", "told", -1.0, "ln p", {"it": View("it", "about", values)}, {})
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))["views"]["it"]["values"]
    assert told == {"a": [[1.5, None], [None, 2.0]], "b": [1, 2], "c": [0.25]}
