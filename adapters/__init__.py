"""The outside world, one subpackage a neighbour, each with the real thing and a shipped fake of its port."""
