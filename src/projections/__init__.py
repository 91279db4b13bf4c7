"""How facts are read: the engine that folds the log into tables, and one folder for each read model."""
