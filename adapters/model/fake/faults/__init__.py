"""What can go wrong, one group a module; `table.py` lists all by the names that scripts use.

A fault is a function from a plan to a plan; what stands after `*` are its parameters, the first of them
the one that `{name: value}` sets.
"""
