"""Warm reminder notices (温馨提示): written, reviewed by a second person, shown to the public, withdrawn."""
