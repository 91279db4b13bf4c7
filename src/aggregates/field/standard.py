"""The business fields that exist from the start (rule 3.1): those of the widget's two groups."""

from typing import Any, Final

STANDARD: Final[tuple[dict[str, Any], ...]] = (
    {"key": "first_name", "label": "First Name", "group": "business", "type": "string", "personal": True},
    {"key": "last_name", "label": "Last Name", "group": "business", "type": "string", "personal": True},
    {"key": "address", "label": "Address", "group": "business", "type": "string", "personal": True},
    {"key": "date_of_birth", "label": "Date of Birth", "group": "business", "type": "date", "personal": True},
    {"key": "city", "label": "City", "group": "business", "type": "string", "agent_editable": True},
    {"key": "loan_type", "label": "Loan Type", "group": "optional", "type": "string"},
    {"key": "due_date", "label": "Due Date", "group": "optional", "type": "date", "agent_editable": True},
    {"key": "loan_number", "label": "Loan Number", "group": "optional", "type": "string", "searchable": True},
)
"""Raw definitions, in the order of the widget."""
