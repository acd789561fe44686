"""Tests of who leads one session."""
