"""The browser door: public portal, staff console and API."""
