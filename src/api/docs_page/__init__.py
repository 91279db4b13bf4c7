"""`/docs`: the OpenAPI document as a page to read, and to try each operation on."""
