"""Wake-ups: who should look because something was committed. Blind to storage; losing a message is harmless."""
