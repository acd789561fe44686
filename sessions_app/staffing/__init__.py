"""Who leads one session: those who lead its group on that date, and who stands in for one of them."""
