"""Pictures: learning curves, confusion matrices, decision boundaries, samples, drawings of models and a look inside.

Each function returns a ``matplotlib.figure.Figure`` (:func:`model` the text of an SVG) and writes a file when `path`
is given. Matplotlib is the extra ``plot`` (``pip install nbnet[plot]``) and is imported when something is drawn;
:func:`model` needs none. Nothing here touches ``pyplot``: no window opens, and no state of it changes.
"""

from __future__ import annotations

from nbnet.plot.classes import classes
from nbnet.plot.confusion import confusion_matrix
from nbnet.plot.curves import curves
from nbnet.plot.decision import decision_boundary
from nbnet.plot.drawing import model
from nbnet.plot.features import feature_maps, features
from nbnet.plot.filters import filters
from nbnet.plot.images import samples
from nbnet.plot.inspected import inspect_saved
from nbnet.plot.saliency import Saliency, saliency, saliency_map
from nbnet.plot.saved import Pictures, draw_saved

__all__ = [
    "Pictures",
    "Saliency",
    "classes",
    "confusion_matrix",
    "curves",
    "decision_boundary",
    "draw_saved",
    "feature_maps",
    "features",
    "filters",
    "inspect_saved",
    "model",
    "saliency",
    "saliency_map",
    "samples",
]
