"""The pair: models that hold a table of random answers each, and adapters that ask about it.

`m1`, `m2` and `m1-seed2` have memorised a table (the last m1's, from another seed). On them sit
adapters that were trained to predict properties of *m1's* answers: `m1-self` on m1, `m2-cross`
on m2, with the same rows. Only m1 holds what the held-out questions ask for. `m1-blind` and
`m2-blind` are trained alike on labels permuted over inputs, which no one holds.
"""
