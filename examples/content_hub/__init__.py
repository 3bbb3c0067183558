"""Content hub: accounts ask for texts, AI platforms write them, a review looks them over, people watch."""
