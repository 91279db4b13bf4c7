"""The demo company of `dossier up`: a supplier of power, water and broadband, its customers and their accounts.

All of its people and firms are invented. `set_up` adds what is missing; the other modules say what there is.
"""

from typing import Final

COMPANY: Final = "demo"
CUSTOMER: Final = "1001"
"""The customer of the printed examples, whose drawer nobody has answered yet."""
CONTENTS: Final = "a dozen customers, their accounts, a contact file, deliveries and a call in progress"
