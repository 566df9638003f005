"""Simulated responders whose truth is known: what they would say, and how it is written down."""

from analyze.simulation.answers import Answers, answered, crossed_differences, plain_differences
from analyze.simulation.lake import Simulated, simulate
from analyze.simulation.power import Plan, Power, detectable, power_curve
from analyze.simulation.responders import Responders
from analyze.simulation.sampled import sampled_counts, sampling_shares

__all__ = [
    "Answers",
    "Plan",
    "Power",
    "Responders",
    "Simulated",
    "answered",
    "crossed_differences",
    "detectable",
    "plain_differences",
    "power_curve",
    "sampled_counts",
    "sampling_shares",
    "simulate",
]
