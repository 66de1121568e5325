"""The crash test: kill everything while clients work, then hold the state against their log."""
