"""Tests of timetables becoming sessions."""
