"""Reading logs: their lines grouped by template, by a library."""
