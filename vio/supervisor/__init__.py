"""One process that runs all others: started in order, restarted when they die, stopped in reverse order.

For one machine (`vio up`). In production the Procfile's lines are run by whatever runs processes there.
"""
