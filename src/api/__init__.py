"""The HTTP API: routers, authentication, problem documents, and what the routes say about themselves. Start at `api.app`."""
