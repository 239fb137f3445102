"""Where state, outbox and incidents are kept: one store, over any backend that behaves like Table Storage."""
