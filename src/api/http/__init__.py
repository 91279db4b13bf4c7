"""What wraps a request: middleware, context, tokens, problem documents, logs, metrics."""
