"""`make faults`: the whole stack on loopback, people on real sockets, and everything that can break breaking under them.

`python -m faults` starts a stack of its own, plays scenarios (`faults/scenarios/`), holds what the people lived through against
what the database says (`checkers.py`, pure) and prints one line per requirement.
"""
