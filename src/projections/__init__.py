"""How facts are read: the engine that folds the log into tables, and one module for each read model."""
