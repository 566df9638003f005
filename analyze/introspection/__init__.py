"""Predictions of a model's own answers: cells, contests, baselines, calibration, change."""
