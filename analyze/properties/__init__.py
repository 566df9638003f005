"""Properties of a reply: what a hypothetical question asks for, as pure functions of the reply.

`REGISTRY` holds the properties that code decides, with their definitions; `JUDGED` those that
a model has to judge. `values` computes what replies are like, `read_predictions` what models
said they would be like; both end in the same canonical labels, so that equal labels are right
predictions.
"""

from __future__ import annotations

from analyze.properties.apply import (
    VERSION,
    form_of,
    read_answers,
    read_predictions,
    values,
)
from analyze.properties.forms import Form
from analyze.properties.judged import JUDGED, Judged
from analyze.properties.registry import REGISTRY, Property

__all__ = [
    "JUDGED",
    "REGISTRY",
    "VERSION",
    "Form",
    "Judged",
    "Property",
    "form_of",
    "read_answers",
    "read_predictions",
    "values",
]
