"""The same work on Concord and on Label Studio, in turn."""
