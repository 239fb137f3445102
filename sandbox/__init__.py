"""A small Azure on your own machine: real client libraries, local endpoints, no cloud and no test hooks in the app."""
