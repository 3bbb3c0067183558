"""Applications that show Jindu at work; they use only what `jindu` exports."""
