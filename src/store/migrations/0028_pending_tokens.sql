-- A search by name reads all that is pending in the index of tokens; see `PENDING_KIB`. Only the tables of the version before are changed, and
-- count as those of this version from then on; what an earlier version made is to be rebuilt anyway.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM projections WHERE name = 'customers' AND to_regclass('customer_names_tokens') IS NOT NULL
            AND shape = decode('1889a5df8277e47ee9dbe3fe3fd84e966bc6fcf88a4110d251337f534fc49b4f', 'hex')
    ) THEN
        ALTER INDEX customer_names_tokens SET (gin_pending_list_limit = 256);
        PERFORM gin_clean_pending_list('customer_names_tokens');
        UPDATE projections SET shape = decode('7e192a6dd1e3c7cb4bb2df1505d3688530dea715e36c9dabc6c00232db525486', 'hex')
        WHERE name = 'customers';
    END IF;
END $$;
