"""Billing accounts and their sites: which profile holds on which day, and which applies to a transaction."""
