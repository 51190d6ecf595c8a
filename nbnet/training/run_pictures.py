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

    written: list[Path] = []
    try:
        curves(folder, folder / "curves.png")
        written.append(folder / "curves.png")
        if labelled is not None and isinstance(labelled[0], np.ndarray) and isinstance(labelled[1], np.ndarray):
            outputs = model.predict(labelled[0], batch_size=batch_size)
            if isinstance(outputs, np.ndarray) and is_classification(labelled[1], outputs):
                confusion_matrix(labelled[1], outputs, model.class_names, folder / "confusion.png")
                written.append(folder / "confusion.png")
    except Exception as error:  # whatever a drawing library may raise: the run itself is complete and saved
        return tuple(written), f"Drawing a picture failed: {type(error).__name__}: {error}"
    return tuple(written), None
