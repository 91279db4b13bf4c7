"""Reads a contact file: rows of CSV or JSON lines, in bounded memory."""
