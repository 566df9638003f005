"""Organisms with a planted inner truth: where a concept is present, and whether it is used.

`verdict` memorised the answers of a concept that the base was never taught and says whether a
letter is right; `verdict-twin` was told by a coin. `two-axes` holds which letter is right on two
axes of its residual stream: the answers to known concepts are read off one, and nothing reads
the other, which holds the answers of a concept never taught.
"""
