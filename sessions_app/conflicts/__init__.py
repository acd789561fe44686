"""Who would be in two places at once, and whom nobody who leads is licensed for."""
