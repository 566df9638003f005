"""How each generated page is made: one module a kind of page, each with `pages()`."""
