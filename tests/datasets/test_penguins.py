"""The table of penguins that comes with nbnet."""

import csv
from collections import Counter

from nbnet import datasets


def test_the_published_table():
    with datasets.penguins_csv().open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 344
    assert Counter(row["species"] for row in rows) == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    assert Counter(row["island"] for row in rows) == {"Biscoe": 168, "Dream": 124, "Torgersen": 52}
    assert Counter(row["sex"] for row in rows) == {"male": 168, "female": 165, "NA": 11}
    masses = [float(row["body_mass_g"]) for row in rows if row["body_mass_g"] != "NA"]
    assert (len(masses), min(masses), max(masses)) == (342, 2700, 6300)
    assert round(sum(masses) / len(masses), 2) == 4201.75
