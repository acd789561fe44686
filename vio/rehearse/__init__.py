"""The rehearsal: scripted people play an evening against the running stack, and the ledger is held against the script."""
