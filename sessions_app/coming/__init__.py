"""Before the group: reminding clients of it, and what they say about coming. The first wing: it imports no other."""
