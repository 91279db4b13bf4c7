"""What `dossier up` does about read models of another version, and what it says meanwhile."""

from cli.local.outdated import rebuild_outdated
from command_line import CommandLine


def test_read_models_of_another_version_are_rebuilt_with_progress_in_words(line: CommandLine) -> None:
    lines: list[str] = []
    with line.dossier() as dossier:
        rebuild_outdated(dossier, lines.append)
        assert lines == []
        with dossier.database.connection() as connection:
            connection.execute("UPDATE projections SET topics = '{}' WHERE name = 'controls'")
            [events] = connection.execute("SELECT max(position) FROM events").fetchone() or ()
        rebuild_outdated(dossier, lines.append, tell_every_s=0)
        first, *progress, last = lines
        assert first == "rebuilding read models that another version made: controls"
        assert progress[-1] == f"rebuilding read models: {events} of {events} events"
        assert last.startswith("read model controls was rebuilt in ")
        rebuild_outdated(dossier, lines.append)
        assert lines[-1] == last
