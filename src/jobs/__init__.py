"""Long work that nobody waits for: started by an event, done by `dossier work`, resumed wherever it stopped."""
