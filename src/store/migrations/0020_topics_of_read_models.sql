-- What a read model's tables are, and which topics they are folded from: two things, so that a new topic asks for a rebuild only where the
-- log holds an event of it that the model has passed. `shape` was a digest of both; from here on it is one of the tables alone.
ALTER TABLE projections ADD COLUMN topics text[];          -- that everything up to the position was folded by, in order

UPDATE projections SET shape = decode(known.shape, 'hex'), topics = known.topics::text[]
FROM (VALUES
    ('drawer',
     '2fb7d27eadb3eab2c146ed2278a0137d0c7eb6d1d41725339de955c53e6c28da',
     '3e5b4c36d885ef85cf83ba3f517caca5417a78406782c64535d3deb7a7554123',
     '{category.changed,category.default_response_moved,category.defined,category.response_changed,category.response_defined,
         controls.value_set,customer.alternate_number_added,customer.alternate_number_removed,customer.brought_back,
         customer.field_edited,customer.fields_uploaded,customer.merged,customer.merged_away,
         customer.primary_alternate_number_changed,customer.registered,customer.renamed,customer.response_cleared,
         customer.response_selected,customer.unmerged,customer.values_put_back}'),
    ('customers',
     'a92b6cf43fe188df110cdb62b55bf2afef3b69d7b8321bfea74b4bd30fc0503b',
     '1889a5df8277e47ee9dbe3fe3fd84e966bc6fcf88a4110d251337f534fc49b4f',
     '{customer.alternate_number_added,customer.alternate_number_removed,customer.brought_back,customer.field_edited,
         customer.fields_uploaded,customer.merged,customer.merged_away,customer.primary_alternate_number_changed,
         customer.registered,customer.renamed,customer.response_cleared,customer.response_selected,customer.unmerged,
         customer.values_put_back}'),
    ('controls',
     '66c18c0a1dbbcd83b5ceae095b4a84517e6180562d883cba2f0475b9c6bce352',
     '7935506e0e3922a0babf25393c7f9c09ca2175f4fa9cbf42d7b97d6c70bc7c5c',
     '{controls.value_set,mappings.attribute_mapped,mappings.attribute_unmapped}'),
    ('accounts',
     '1fb4b7a07b6649d8740df3f3ab3e3f470b72a4a785eb901e35a575c72ee41a02',
     'a64a4aa50e2c12510443f4d769a0a5762b3a1b9776bbd0e6f2c73dc1f23726ea',
     '{account.opened,account.profile_class_assigned,account.profile_propagated,account.profile_updated,customer.brought_back,
         customer.merged_away,profile_class.changed,profile_class.defined,site.created,site.profile_class_assigned,
         site.profile_ended,site.profile_propagated,site.profile_updated,system_options.changed}'),
    ('fields',
     '72b82844b938610b783c328400891c6b4614d4fd891494fdab682a2b53d1422b',
     '87cced0a290ff3fbe14b4322f06e44a4083df102b3b020554d4d8673b20390d4',
     '{customer.field_edited,customer.fields_uploaded,customer.merged,customer.registered,customer.unmerged,
         customer.values_put_back,field.changed,field.defined}'),
    ('interactions',
     '6ad1dae317a71afab74cd264beb75c211027236c3055c7b66ebbcba24724daef',
     '3e299d190aab3a90ecdda24970ea429cb8848ef94696b34d6f1ae71da83aadf5',
     '{interaction.closed,interaction.ended,interaction.started}'),
    ('history',
     '3f47fe0dacb29d7e99e0f60bd649d2ee0f99719cfab98d25ae163f9944dea54d',
     'c9a45c1908b9fd3338db5f92d376891472b60b409e6a09147f9cfbc08c1123da',
     '{account.opened,account.profile_class_assigned,account.profile_propagated,account.profile_updated,category.changed,
         category.default_response_moved,category.defined,category.response_changed,category.response_defined,controls.value_set,
         customer.alternate_number_added,customer.alternate_number_removed,customer.brought_back,customer.field_edited,
         customer.fields_uploaded,customer.merged,customer.merged_away,customer.primary_alternate_number_changed,
         customer.registered,customer.renamed,customer.response_cleared,customer.response_selected,customer.unmerged,
         customer.values_put_back,field.changed,field.defined,interaction.closed,interaction.ended,interaction.started,
         mappings.attribute_mapped,mappings.attribute_unmapped,profile_class.changed,profile_class.defined,propagation.finished,
         propagation.started,site.created,site.profile_class_assigned,site.profile_ended,site.profile_propagated,
         site.profile_updated,system_options.changed,unmasking.edit_refused,unmasking.shown,upload.cancelled,upload.finished,
         upload.received,upload.refused,upload_mapping.saved}'),
    ('deliveries',
     'c3170a36b6068f43cb331f044a8cd38232020c92d251193ae90e04b3956a9775',
     '540fbe21f27d93bc458141553a957309880a726992c5b338c803cf8d8d22815c',
     '{controls.value_set,customer.field_edited,customer.fields_uploaded,customer.merged,customer.registered,
         customer.response_cleared,customer.response_selected,customer.unmerged,customer.values_put_back,
         mappings.attribute_mapped,mappings.attribute_unmapped}')
) AS known (name, former, shape, topics)
WHERE projections.name = known.name AND projections.shape = decode(known.former, 'hex');

UPDATE projections SET topics = '{}' WHERE topics IS NULL;  -- of an earlier version: no digest fits, they are to be rebuilt
ALTER TABLE projections ALTER COLUMN topics SET NOT NULL;
