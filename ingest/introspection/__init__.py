"""Questions about a model's own answers: object questions, and hypothetical ones about them.

A *task* puts a short prompt around each of its strings; that is the object question. A
hypothetical question quotes the object question and asks for a *property* of the answer to it.
`taskset` holds what a set of tasks is, `rows` makes question rows of it, `audits` looks for
damage, `bring` writes both. `clone` reads the tasks of *Looking Inward* (Binder et al., 2024)
from a clone of felixbinder/introspection_self_prediction; `results` imports that repository's
stored results.
"""
