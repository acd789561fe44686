"""Picture and sound: who may reach them, and through what. The room owns admission, removal and mute; this passes it on."""
