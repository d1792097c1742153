"""Settings, and the only place that reads the environment or constructs clients."""
