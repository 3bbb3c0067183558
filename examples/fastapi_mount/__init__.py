"""Jindu inside a FastAPI application that was there before."""
