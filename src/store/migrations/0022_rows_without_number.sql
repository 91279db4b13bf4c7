-- Of the rows that made a new customer, those that had no number to be matched by (rule 3.2); 0 for steps of earlier versions.
ALTER TABLE upload_steps ADD COLUMN without_number integer NOT NULL DEFAULT 0;
