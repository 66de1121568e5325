"""How fast a project's answers become votes, and in how much memory."""
