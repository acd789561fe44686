"""Django's PostgreSQL backend, with a look at each connection before it is given to anybody."""
