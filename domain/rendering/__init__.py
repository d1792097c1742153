"""A report as something to read: composed once, then written as text, Markdown, HTML or JSON."""
