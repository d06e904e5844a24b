"""What an evaluation writes: report.html, plots, metrics.json and subjects.csv."""
