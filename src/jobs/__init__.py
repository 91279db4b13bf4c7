"""Long work in the background: started by an event, done by `dossier work`, resumed where it stopped."""
