"""The topics of a report, a module each: `applies(evidence)` and `blocks(evidence)`; `report/build.py` lists them."""
