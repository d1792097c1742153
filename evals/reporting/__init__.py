"""Reports on a run, one form a file: the terminal's table, Markdown, JSON, one HTML page."""
