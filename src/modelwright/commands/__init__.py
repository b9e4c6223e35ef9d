"""The verbs of the command line as typer sees them: words and options; each hands them to its module in `verbs/`."""
