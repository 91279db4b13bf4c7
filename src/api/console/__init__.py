"""The web pages of the console, as they are served. `make console` builds them from `console/` into `built/` beside this file."""
