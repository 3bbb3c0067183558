"""The store over Redis 7: one Lua script moves row, queue and event together (RELIABILITY, Redis)."""
