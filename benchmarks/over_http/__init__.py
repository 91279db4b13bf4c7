"""What a user at the door feels: requests over HTTP from a compiled load generator, here, in a no-op and in the stock stack."""
