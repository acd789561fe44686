"""The reference: the chat consumer of the Channels tutorial on Daphne with the Redis channel layer."""
