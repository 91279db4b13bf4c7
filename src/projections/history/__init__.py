"""The read model of all events, and on which days what they say is in force."""
