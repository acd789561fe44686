"""PostgreSQL and Valkey as children of our own process, with their state in one folder (VIO_HOME).

Only programs for people on one machine use this package: `vio up`, the other commands and the tests.
Production gives VIO_DATABASE_URL and VIO_REDIS_URL and nothing here runs.
"""
