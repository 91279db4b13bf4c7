"""The read model of what is forwarded to Customer Engagement."""
