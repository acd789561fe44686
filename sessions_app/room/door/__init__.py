"""At the door: what a client confirms before a room, what their device can do, and what staff see of it."""
