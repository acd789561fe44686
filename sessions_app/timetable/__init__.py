"""Timetables becoming sessions: what a change would do, what happens when it is made, who meets whom at once."""
