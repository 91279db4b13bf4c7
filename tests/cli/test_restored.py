"""`dossier restored`: the log is another one afterwards, and the relay sends all of it again (rule 4.6)."""

from uuid import UUID

from command_line import CommandLine
from store.log import RELAY, move, position_of
from vital_signs import EVERYTHING, running


def test_a_restored_log_gets_another_id_and_is_sent_again(line: CommandLine) -> None:
    with line.dossier() as dossier, dossier.database.connection() as connection:
        before = dossier.log_id
        move(connection, RELAY, 3)
    told = line.run("restored").stdout
    after = UUID(line.asked("restored")["log"])
    with line.dossier() as dossier, dossier.database.connection() as connection:
        assert dossier.log_id == after != before
        assert position_of(connection, RELAY) == 0
    assert "Subscribers are told to begin again" in told
    assert str(before) not in told


def test_no_log_becomes_another_one_under_a_process_that_runs(line: CommandLine) -> None:
    with line.dossier() as dossier, running(dossier.database, EVERYTHING):
        before = dossier.log_id
        refused = line.run("restored")
        assert refused.exit_code == 1
        assert "Stop every process first. These run: " in refused.stderr
    with line.dossier() as dossier:
        assert dossier.log_id == before
