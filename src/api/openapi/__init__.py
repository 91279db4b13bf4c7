"""The OpenAPI document: what is added to what FastAPI gathers, with a description for each field and an example for each body."""
