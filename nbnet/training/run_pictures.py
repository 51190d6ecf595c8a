"""The pictures of a run, drawn when it has ended; a run is never lost for want of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["draw_run"]


def draw_run(
    folder: Path, model: Any, labelled: tuple[Any, Any] | None, batch_size: int | str | None = None
) -> tuple[tuple[Path, ...], str | None]:
    """Write curves.png and, where a classifier has labelled samples, confusion.png.

    Parameters
    ----------
    folder : Path
        A run folder with metrics.csv.
    model : Model
        With the weights that are to be judged.
    labelled : tuple of (x, y), or None
        Test or validation samples.
    batch_size : int, "full" or None

    Returns
    -------
    tuple of Path, and str or None
        What was written, and if something is missing why.
    """
    from nbnet.plot.figure import available

    if not (folder / "metrics.csv").is_file():
        return (), None
    if not available():
        return (), "No pictures were drawn, as matplotlib is not installed: pip install nbnet[plot]"
    from nbnet.plot.classes import is_classification
    from nbnet.plot.confusion import confusion_matrix
    from nbnet.plot.curves import curves

    def draw_curves() -> Path:
        curves(folder, folder / "curves.png")
        return folder / "curves.png"

    def draw_confusion() -> Path | None:
        if labelled is None or not isinstance(labelled[1], np.ndarray):
            return None
        outputs = model.predict(labelled[0], batch_size=batch_size)
        one_class = model.class_names is not None and len(model.class_names) == 1  # nothing to take it for
        if one_class or not isinstance(outputs, np.ndarray) or not is_classification(labelled[1], outputs):
            return None
        confusion_matrix(labelled[1], outputs, model.class_names, folder / "confusion.png")
        return folder / "confusion.png"

    written: list[Path] = []
    failed: list[str] = []
    for draw in (draw_curves, draw_confusion):
        try:
            path = draw()
        except Exception as error:  # whatever a drawing library may raise: the run itself is complete and saved
            failed.append(f"Drawing a picture failed: {type(error).__name__}: {error}")
        else:
            written += [] if path is None else [path]
    return tuple(written), "\n".join(failed) or None
