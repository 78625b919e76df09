"""The staff console: one module per desk, put together by `routes`."""
