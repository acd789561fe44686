"""Tests of the bench's pure parts."""
