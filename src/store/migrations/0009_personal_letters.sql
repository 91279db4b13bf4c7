-- A dead letter of a personal field holds no value: it is looked up in the log, where it is sealed, when it is sent again (rule 5.1).
ALTER TABLE dead_letters ADD COLUMN personal boolean NOT NULL DEFAULT false;
