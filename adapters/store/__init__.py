"""What is kept: observations of runs, and reports on their way out."""
