"""What all routes have in common: who may use them, how queries run, refusals, the OpenAPI document."""
