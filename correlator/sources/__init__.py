"""Where rows come from: the log service, or files exported from it."""
