"""HTTP and WebSocket around the engine and the channels. Thin: what a request means is decided further in."""
