"""Simulated coverage of every interval and error rate of every test: `make coverage`.

The functions under test are the ones that `analyze quantify`, `analyze self-prediction` and
`analyze calibration` call, fed with data sets whose truth is known. `draws` makes the data,
`intervals` and `levels` name the cells of the grid; `advantages` and `calibration` those that
simulated responders answer. `rules` says which must hold what, `page` writes `docs/coverage.md`.
"""
