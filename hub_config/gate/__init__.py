"""The one door of the zone: every byte between a browser and a workspace passes this process.

It authenticates with the hub, lets through only what a table names, records what is sent to a kernel before
forwarding it, and counts what goes to the browser. It never reads a database, a key file or a file of a
workspace.
"""
