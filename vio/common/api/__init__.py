"""The REST API's shared half: the gate before every operation, what comes in, what goes out, pages of lists."""
