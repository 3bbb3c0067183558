"""The documents of the server: OpenAPI, AsyncAPI and TypeScript, made from the types that serve and a table of the calls."""
