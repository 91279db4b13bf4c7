-- Of the rows that were taken, those with a number that an earlier row of the file has (rule 3.2); 0 for steps of earlier versions.
ALTER TABLE upload_steps ADD COLUMN repeated integer NOT NULL DEFAULT 0;
