"""Reports: rows of `results` become Altair charts and one self-contained HTML file per study."""
