"""What a run learned, as one offline page: `report.html`, and the data of its figures as `report.json`."""
