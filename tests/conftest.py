"""Fixtures for all tests. The services behind them are started by the plugin tests/services.py."""
