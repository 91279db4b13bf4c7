"""What works beside the requests of an application, for as long as it lives."""
