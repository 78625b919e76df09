"""What the bureau knows and decides: the mechanism every door stands on."""
