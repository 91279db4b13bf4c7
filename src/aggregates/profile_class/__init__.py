"""Profile classes: typed options, amounts per currency, versions, and how a changed class reaches the profiles made from it."""
