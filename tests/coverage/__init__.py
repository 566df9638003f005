"""Simulated coverage of every interval and error rate of every test: `make coverage`.

The functions under test are the ones that `analyze quantify` calls, fed with data sets whose
truth is known. `draws` makes the data, `intervals` and `levels` name the cells of the grid,
`rules` says which must hold what, `page` writes `docs/coverage.md`.
"""
