"""Durable storage: one contract, and its forms. Blind to the bus."""
