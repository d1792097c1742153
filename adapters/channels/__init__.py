"""Where messages go: one channel a file, each with its form, its signature and its errors."""
