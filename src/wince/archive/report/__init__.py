"""The report of a preparation: report.json, report.html and faces.html."""
