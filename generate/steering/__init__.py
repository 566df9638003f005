"""Interventions: directions of the lake, as edits of the pass under which answers are taken."""
