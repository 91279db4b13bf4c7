-- Events are found by their id, and sites by their number. Only the tables of the version before get the indexes, and count as those of this
-- version from then on; what an earlier version made is to be rebuilt anyway, and a new installation makes them with its tables.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM projections WHERE name = 'history' AND to_regclass('history') IS NOT NULL
            AND shape = decode('c9a45c1908b9fd3338db5f92d376891472b60b409e6a09147f9cfbc08c1123da', 'hex')
    ) THEN
        CREATE INDEX history_event ON history (event_id);
        UPDATE projections SET shape = decode('76c4a5d604b46e49814c9a969755e5a0f2d1dde7fb73ae3e21c063c2c5aa1232', 'hex')
        WHERE name = 'history';
    END IF;
    IF EXISTS (
        SELECT FROM projections WHERE name = 'accounts' AND to_regclass('account_sites') IS NOT NULL
            AND shape = decode('a64a4aa50e2c12510443f4d769a0a5762b3a1b9776bbd0e6f2c73dc1f23726ea', 'hex')
    ) THEN
        CREATE INDEX account_sites_by_site ON account_sites (site, account);
        UPDATE projections SET shape = decode('e2e40d6af24083f8d710192b6f97e2289e6b32f503e849d424a81a51fa79d154', 'hex')
        WHERE name = 'accounts';
    END IF;
END $$;
