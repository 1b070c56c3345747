"""The processes that touch what strangers send, one a stream."""
