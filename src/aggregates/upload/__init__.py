"""Contact uploads: saved mappings from columns to fields, and what became of each file (rule 3.2)."""
