"""From alerts that keep arriving to incidents: what is one, when it is diagnosed, when it is over."""
