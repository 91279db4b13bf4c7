"""What is read from a request: types of fields, the two clocks, pages, headers of writes."""
