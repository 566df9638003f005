"""Study files and the runner that takes one from questions to a report."""
