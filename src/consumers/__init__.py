"""How facts travel: the log to Kafka, and from there, or from the log itself, to Customer Engagement."""
