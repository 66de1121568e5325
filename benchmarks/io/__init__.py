"""How fast items come in and consensus goes out over HTTP, beside raw COPY of the same rows."""
