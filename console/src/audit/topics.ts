/** The kinds of events, by the kind of thing that they are about. */

import type { Schema } from "../api/types.ts";

export type Topic = Schema<"HistoryEntry">["topic"];

/** Every kind of event; the types say when one is missing. */
const EVERY: Readonly<Record<Topic, true>> = {
  "category.defined": true,
  "category.changed": true,
  "category.response_defined": true,
  "category.response_changed": true,
  "category.default_response_moved": true,
  "controls.value_set": true,
  "mappings.attribute_mapped": true,
  "mappings.attribute_unmapped": true,
  "system_options.changed": true,
  "customer.registered": true,
  "customer.renamed": true,
  "customer.alternate_number_added": true,
  "customer.primary_alternate_number_changed": true,
  "customer.alternate_number_removed": true,
  "customer.response_selected": true,
  "customer.response_cleared": true,
  "customer.field_edited": true,
  "customer.fields_uploaded": true,
  "customer.merged": true,
  "customer.merged_away": true,
  "customer.unmerged": true,
  "customer.values_put_back": true,
  "customer.brought_back": true,
  "unmasking.shown": true,
  "unmasking.edit_refused": true,
  "profile_class.defined": true,
  "profile_class.changed": true,
  "propagation.started": true,
  "propagation.finished": true,
  "account.opened": true,
  "account.profile_class_assigned": true,
  "account.profile_updated": true,
  "account.profile_propagated": true,
  "site.created": true,
  "site.profile_class_assigned": true,
  "site.profile_updated": true,
  "site.profile_propagated": true,
  "site.profile_ended": true,
  "field.defined": true,
  "field.changed": true,
  "interaction.started": true,
  "interaction.ended": true,
  "interaction.closed": true,
  "upload_mapping.saved": true,
  "upload.received": true,
  "upload.finished": true,
  "upload.refused": true,
  "upload.cancelled": true,
};

export const TOPICS = Object.keys(EVERY) as Topic[];
