"""The Palmer penguins, which come with nbnet as a CSV file: numbers, categories and missing values."""

from __future__ import annotations

from pathlib import Path

__all__ = ["penguins_csv"]


def penguins_csv() -> Path:
    """The CSV file with the Palmer penguins, to be read with ``nbnet.Data.from_csv``.

    Returns
    -------
    Path
        344 rows of the columns species (Adelie, Chinstrap, Gentoo), island (Biscoe, Dream, Torgersen), bill_length_mm,
        bill_depth_mm, flipper_length_mm, body_mass_g, sex (female, male) and year (2007 to 2009). ``NA`` stands for a
        missing value: 2 penguins were not measured, and of 11 the sex is not known.

    References
    ----------
    Gorman, Williams and Fraser (2014), Ecological sexual dimorphism and environmental variability within a community
    of Antarctic penguins (genus Pygoscelis), PLoS ONE 9(3): e90081. Collected at Palmer Station, Antarctica LTER, and
    simplified by Horst, Hill and Gorman (2020), palmerpenguins. The data are in the public domain (CC0).

    Examples
    --------
    >>> from nbnet import Data
    >>> Data.from_csv(penguins_csv(), label="species").class_names
    ('Adelie', 'Chinstrap', 'Gentoo')
    """
    return Path(__file__).with_name("penguins.csv")
