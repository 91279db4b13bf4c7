"""How an installation is doing: what is read for it, and the judgement."""
