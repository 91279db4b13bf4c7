"""Changed profile classes on their way into existing profiles."""
