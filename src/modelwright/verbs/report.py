"""`modelwright report`: the report of a finished run, made again; opened, or its figures as PNG files."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from modelwright import garbage
from modelwright.lean_torch import put_off_meta_rules


def report(path: Path, *, show: bool, figures: bool) -> None:
    """Make the report anew and say where it is."""
    put_off_meta_rules()
    from modelwright.run.handle import Run
    from modelwright.run.opened import request_of
    from modelwright.run.request import Stop

    garbage.begin()
    run = Run(path)
    result = run.result
    if figures:
        from modelwright.report.browser import find, needed

        if find() is None:
            raise needed("figures")
    from modelwright.run.folder import Folder
    from modelwright.run.gan_report import rebuild_gan
    from modelwright.run.report import rebuild

    folder = Folder(run.path)
    if run.plan.gan is not None and not run.members:
        page = rebuild_gan(folder, result)
    else:
        page = rebuild(folder, result, request_of(folder, Stop(), {}))
    print(page)
    if figures:
        from modelwright.report.pictures import save_figures

        for figure in save_figures(page, folder.path / "report" / "figures"):
            print(figure)
    if show:
        webbrowser.open(page.resolve().as_uri())
