"""Image files as input samples."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from nbnet.data import read_image
from nbnet.data.images import FORMATS
from nbnet.errors import DataError
from tests.data.hostile import mutants, reads_or_refuses


@pytest.fixture
def saved(tmp_path):
    """Save an array or a Pillow image."""

    def save(image, name="a.png", **options):
        if isinstance(image, np.ndarray):
            image = Image.fromarray(image)
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


GREY = np.arange(0, 240, 4, dtype="uint8").reshape(6, 10)
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], -1)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.pgm", "a.tif", "a.gif"])
def test_grey_is_read_exactly(saved, name):
    path = saved(GREY, name)
    np.testing.assert_array_equal(read_image(path, (6, 10)), GREY)
    np.testing.assert_array_equal(read_image(path, (6, 10, 1)), GREY[..., None])


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.ppm", "a.tif", "a.webp"])
def test_colour_is_read_exactly(saved, name):
    path = saved(COLOUR, name, lossless=True)
    np.testing.assert_array_equal(read_image(path, (6, 10, 3)), COLOUR)


def test_jpeg_is_read_nearly(saved):
    path = saved(np.full((16, 16), 100, "uint8"), "a.jpg")
    assert np.abs(read_image(path, (16, 16)).astype(int) - 100).max() <= 2


def test_own_size_and_channels(saved):
    assert read_image(saved(GREY)).shape == (6, 10)
    assert read_image(saved(COLOUR)).shape == (6, 10, 3)
    assert read_image(saved(GREY)).dtype == np.uint8


def test_channels_are_converted(saved):
    as_grey = read_image(saved(COLOUR), (6, 10)).astype(float)
    expected = COLOUR @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(as_grey, expected, atol=1)
    np.testing.assert_array_equal(read_image(saved(GREY), (6, 10, 3)), np.stack([GREY] * 3, -1))
    assert (read_image(saved(COLOUR), (6, 10, 4))[..., 3] == 255).all()


def test_size_is_converted(saved):
    blocks = np.kron(np.array([[0, 100], [200, 50]], "uint8"), np.ones((8, 8), "uint8"))
    result = read_image(saved(blocks), (4, 4))
    assert result.shape == (4, 4)
    np.testing.assert_array_equal(result[[0, 0, 3, 3], [0, 3, 0, 3]], [0, 100, 200, 50])
    assert read_image(saved(GREY), (3, 5)).shape == (3, 5)


def test_a_flat_input_is_a_square_image(saved):
    square = np.arange(64, dtype="uint8").reshape(8, 8)
    np.testing.assert_array_equal(read_image(saved(square), (64,)), square.reshape(-1))


def test_the_range_of_the_training_inputs_is_kept(saved):
    ramp = np.array([[0, 51, 255]], "uint8")
    result = read_image(saved(ramp), (1, 3), (0, 16))
    np.testing.assert_allclose(result, [[0, 3.2, 16]], rtol=1e-6)
    assert result.dtype == np.float32
    np.testing.assert_allclose(read_image(saved(ramp), (1, 3), (-1, 1)), [[-1, -0.6, 1]], rtol=1e-6)


def test_other_modes(saved):
    np.testing.assert_array_equal(read_image(saved(GREY > 100)), np.where(GREY > 100, 255, 0))
    wide = (GREY.astype("uint16") * 257).astype("uint16")
    np.testing.assert_array_equal(read_image(saved(wide)), GREY)
    palette = Image.fromarray(COLOUR).quantize(60)
    np.testing.assert_array_equal(read_image(saved(palette)), np.asarray(palette.convert("RGB")))
    cmyk = Image.fromarray(COLOUR).convert("CMYK")
    assert read_image(saved(cmyk, "a.tif")).shape == (6, 10, 3)
    with pytest.raises(DataError, match="floating-point"):
        read_image(saved(GREY.astype("float32"), "a.tif"))


def test_transparency_is_shown_on_white(saved):
    rgba = np.zeros((2, 2, 4), "uint8")
    rgba[0, 0, 3] = 255
    np.testing.assert_array_equal(read_image(saved(rgba), (2, 2)), [[0, 255], [255, 255]])


def test_orientation_is_applied(saved):
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180 degrees
    path = saved(np.array([[0, 255]], "uint8"), exif=exif)
    np.testing.assert_array_equal(read_image(path), [[255, 0]])


def test_the_first_frame_of_an_animation(saved):
    frames = [Image.new("L", (4, 4), value) for value in (10, 200)]
    path = saved(frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (read_image(path, (4, 4)) == 10).all()


def test_shapes_that_no_image_has(saved):
    for shape in [(63,), (4,), (36,), (4, 4, 2), (2, 4, 4, 3), ()]:
        with pytest.raises(DataError, match="cannot become an input of shape"):
            read_image(saved(GREY), shape)


def test_too_many_pixels(saved):
    with pytest.raises(DataError, match=r"has 10 x 6 pixels; the limit is 59"):
        read_image(saved(GREY), max_pixels=59)
    assert read_image(saved(GREY), max_pixels=60).shape == (6, 10)


@pytest.mark.parametrize(
    ("side", "words"), [(8_000, "the limit is"), (12_000, "the limit is"), (60_000, "decompression bomb")]
)
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path, side, words):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=words):
            read_image(tmp_path / "bomb.png")


def test_formats_that_run_programs_are_not_opened(tmp_path):
    assert "EPS" not in FORMATS
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\nshowpage\n")
    with pytest.raises(DataError, match="no known image"):
        read_image(tmp_path / "a.png")


def test_what_is_no_image(tmp_path, saved):
    with pytest.raises(DataError, match=r"Expected the image '.*gone.png'; there is no such file"):
        read_image(tmp_path / "gone.png")
    path = tmp_path / "a.png"
    path.write_bytes(b"")
    with pytest.raises(DataError, match="no known image"):
        read_image(path)
    whole = saved(np.random.default_rng(0).integers(0, 256, (60, 60)).astype("uint8")).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        read_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.tif", "a.webp", "a.ppm"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_changed_bytes_give_an_array_or_an_error(saved, name):
    path = saved(COLOUR, name)
    for mutant in mutants(path.read_bytes(), 60, seed=4):
        path.write_bytes(mutant)
        reads_or_refuses(lambda file: read_image(file, (6, 10)), path)
