"""The views, one subject a file: what is read, what is shown, what is asked of the services."""
