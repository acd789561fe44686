"""The load generator: thousands of sockets in one process of its own, at the lowest cost per frame."""
