"""Pure rules: values in, values out; no SQL, network, clock or settings."""
