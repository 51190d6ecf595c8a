"""nbnet.Data.from_folder: classes, splits, orientation, and images that cannot be read."""

import numpy as np
import pytest
from PIL import Image

from nbnet.data import Data, read_image, read_image_folder, read_inputs
from nbnet.errors import DataError

RNG = np.random.default_rng(0)


def write(folder, classes=("cat", "dog"), count=10, shape=(6, 5)):
    """Grey images, brighter with their class."""
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = RNG.integers(100 * label + 20, 100 * label + 100, shape).astype("uint8")
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


def test_sub_folders_are_classes(tmp_path):
    write(tmp_path / "a", ("dog", "cat", "ape"))
    (tmp_path / "a" / "notes.txt").write_text("no class")
    (tmp_path / "a" / ".hidden").mkdir()
    (tmp_path / "a" / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "a" / "cat" / ".hidden.png").write_text("no image")
    x, y, names = read_image_folder(tmp_path / "a", (6, 5))
    assert names == ("ape", "cat", "dog")
    assert (x.shape, x.dtype, y.tolist()) == ((30, 6, 5), "uint8", [0] * 10 + [1] * 10 + [2] * 10)
    np.testing.assert_array_equal(x[13], np.asarray(Image.open(tmp_path / "a" / "cat" / "03.png")))
    assert read_image_folder(tmp_path / "a", class_names=["dog", "ape"]).class_names == ("dog", "ape")


@pytest.mark.parametrize(("color", "channels"), [("grayscale", ()), ("rgb", (3,)), ("rgba", (4,))])
def test_size_and_color(tmp_path, color, channels):
    write(tmp_path / "a")
    data = Data.from_folder(tmp_path / "a", (4, 8), color, validation=0.2, test=0.1, seed=3)
    assert data.input_shape == (4, 8, *channels)
    assert [len(x) for x, _ in data.splits.values()] == [14, 4, 2]
    assert data.class_names == ("cat", "dog")
    for x, y in data.splits.values():
        assert [int(image[..., :3].mean() > 110) if channels else int(image.mean() > 110) for image in x] == y.tolist()


def test_folders_of_splits(tmp_path):
    write(tmp_path / "train", ("cat", "dog"))
    write(tmp_path / "val", ("cat", "dog"), 3)
    data = Data.from_folder(tmp_path, (6, 5))
    assert [(name, len(x)) for name, (x, _) in data.splits.items()] == [("train", 20), ("validation", 6)]
    write(tmp_path / "test", ("cat",), 2)
    with pytest.raises(DataError, match="test' has no sub-folder 'dog'"):
        Data.from_folder(tmp_path, (6, 5))


def test_the_orientation_of_a_camera(tmp_path):
    (tmp_path / "a").mkdir()
    pixels = np.zeros((4, 8), "uint8")
    pixels[:, 4:] = 200
    exif = Image.Exif()
    exif[274] = 6  # the camera was turned: the right side of the file is the bottom of the picture
    Image.fromarray(pixels).save(tmp_path / "a" / "photo.jpg", exif=exif, quality=100)
    image = read_image_folder(tmp_path, (8, 4)).x[0]
    assert image[:3].max() < 20
    assert image[5:].min() > 180


def test_a_damaged_image(tmp_path):
    write(tmp_path / "a")
    place = tmp_path / "a" / "dog" / "04.png"
    place.write_bytes(place.read_bytes()[:60])
    with pytest.raises(DataError, match=r"dog/04.png' cannot be read.*leave such images out: skip_damaged=True"):
        Data.from_folder(tmp_path / "a", (6, 5))
    with pytest.warns(UserWarning, match=r"1 of 20 images cannot be read and were left out, .*04.png"):
        data = Data.from_folder(tmp_path / "a", (6, 5), validation=0, test=0, skip_damaged=True)
    assert np.bincount(data.train[1]).tolist() == [10, 9]
    for image in (tmp_path / "a" / "dog").iterdir():
        image.write_text("no image")
    with pytest.raises(DataError, match="has no image that can be read; the class 'dog' would be empty"):
        Data.from_folder(tmp_path / "a", (6, 5), skip_damaged=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": 28}, "two positive integers"),
        ({"size": (28, 0)}, "two positive integers"),
        ({"size": (28.0, 28)}, "two positive integers"),
        ({"color": "grey"}, "'grayscale', 'rgb' or 'rgba'"),
        ({"max_bytes": 100}, r"the limit is 100 bytes"),
        ({"class_names": ["cow"]}, "no sub-folder 'cow'; it has cat, dog"),
    ],
)
def test_arguments(tmp_path, arguments, words):
    write(tmp_path / "a", count=1)
    with pytest.raises(DataError, match=words):
        read_image_folder(tmp_path / "a", **arguments)


def test_folders_without_images(tmp_path):
    with pytest.raises(DataError, match="it cannot be read"):
        Data.from_folder(tmp_path / "gone")
    with pytest.raises(DataError, match="has no sub-folder"):
        Data.from_folder(tmp_path)
    (tmp_path / "cat").mkdir()
    with pytest.raises(DataError, match="cat' has no image"):
        Data.from_folder(tmp_path)


def test_predictions_read_images_as_training_did(tmp_path):
    """Though the darkest training pixel is not black, and the lightest not white."""
    write(tmp_path / "a")
    data = Data.from_folder(tmp_path / "a", (6, 5))
    path = tmp_path / "a" / "dog" / "04.png"
    read = read_inputs([path], data.input_spec).x
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read[0], np.asarray(Image.open(path)))
    np.testing.assert_array_equal(read[0], read_image(path, (6, 5)))


def test_colours_that_nobody_asked_to_leave_out(tmp_path):
    write(tmp_path, count=3)
    Data.from_folder(tmp_path, (6, 5))  # grey: nothing to say
    pixels = np.zeros((6, 5, 3), "uint8")
    pixels[..., 0] = 255
    Image.fromarray(pixels).save(tmp_path / "dog" / "00.png")
    with pytest.warns(UserWarning, match=r"images in colour, such as '.*00.png', which are read as grey"):
        assert Data.from_folder(tmp_path, (6, 5)).input_shape == (6, 5)
    Data.from_folder(tmp_path, (6, 5), "grayscale")
