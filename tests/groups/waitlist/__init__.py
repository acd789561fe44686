"""Tests of the waitlist: first come, first served; one offer per free seat; answered once; never over capacity."""
