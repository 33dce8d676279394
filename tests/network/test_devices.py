"""GPUs that cannot serve are told of in one sentence; float32 on a card is float32, and the settings come back."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from nat_core.errors import NetworkError
from nat_core.network import inference
from nat_core.network.devices import NO_KERNELS, TOO_OLD, exactly, trouble_with_cuda
from nat_core.network.inference import Network, choose_device, frozen, predict
from nat_core.network.models import build

CLASSES = tuple("0123456789")
needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU: there is none here")


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """What a test finds out about the card is forgotten after it."""
    trouble_with_cuda.cache_clear()
    yield
    trouble_with_cuda.cache_clear()


def refusing(error: Exception):
    def ones(*shape: int, device: str) -> torch.Tensor:
        raise error

    return ones


KERNEL = RuntimeError("CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might")
DRIVER = RuntimeError(
    "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver"
)


@pytest.mark.parametrize(
    ("error", "clause"),
    [
        (KERNEL, NO_KERNELS),
        (DRIVER, TOO_OLD),
        (AssertionError("Torch not compiled with CUDA enabled"), "PyTorch says: Torch not compiled with CUDA enabled"),
        (
            RuntimeError("CUDA error: unspecified\nlaunch failure"),
            "PyTorch says: CUDA error: unspecified launch failure",
        ),
    ],
)
@pytest.mark.parametrize("name", ["auto", "cuda", torch.device("cuda")])
def test_a_card_that_refuses_its_first_kernel_leaves_the_processor_and_says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception, clause: str, name: str | torch.device
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch, "ones", refusing(error))
    told: list[str] = []
    assert choose_device(name, told.append) == torch.device("cpu")
    assert told == [f"The GPU cannot be used, {clause}. The processor computes, more slowly"]


def test_a_driver_that_pytorch_only_warns_of_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def warned() -> bool:
        warnings.warn(f"CUDA initialization: {DRIVER}", stacklevel=2)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", warned)
    assert trouble_with_cuda() == TOO_OLD
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("cuda").type == "cpu"
    assert capsys.readouterr().err == (
        f"warning: The GPU cannot be used, {TOO_OLD}. The processor computes, more slowly.\n"
    )


def test_a_full_card_is_not_broken_and_the_processor_is_never_in_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", refusing(torch.OutOfMemoryError("CUDA out of memory.")))
    assert choose_device("cuda") == torch.device("cuda")
    trouble_with_cuda.cache_clear()
    monkeypatch.setattr(torch, "ones", refusing(AssertionError("asked")))
    assert choose_device("cpu") == torch.device("cpu")
    assert trouble_with_cuda.cache_info().currsize == 0, "the card was not even tried"


def precision() -> tuple[str, str]:
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    if hasattr(convolutions, "conv"):
        return str(matrices.fp32_precision), str(convolutions.conv.fp32_precision)
    words = {True: "tf32", False: "ieee"}
    return words[bool(matrices.allow_tf32)], words[bool(convolutions.allow_tf32)]


def test_float32_on_a_card_is_exact_within_the_block_and_as_before_after_it() -> None:
    before = precision()
    with exactly(torch.device("cpu")):
        assert precision() == before
    with exactly(torch.device("cuda")):
        assert precision() == ("ieee", "ieee")
    assert precision() == before
    with pytest.raises(RuntimeError, match="launch"), exactly(torch.device("cuda")):
        raise RuntimeError("launch failure")
    assert precision() == before


def untrained(device: str) -> Network:
    model = frozen(build("wrn16_1", 10, seed=0), torch.device(device))
    return Network("untrained", model, CLASSES, (0.5,) * 3, (0.25,) * 3)


def test_too_little_memory_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    network = untrained("cpu")
    monkeypatch.setattr(network.model, "forward", refusing_pictures)
    with pytest.raises(NetworkError, match=r"too little free memory for 3 pictures at once in untrained: .*batch_size"):
        predict(network, np.zeros((3, 32, 32, 3), np.uint8))


def refusing_pictures(images: torch.Tensor) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")


def test_more_pictures_go_through_a_card_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card is taken for one where the weights say so; the pictures stay here."""
    sizes: list[int] = []
    network = untrained("cpu")
    forward = network.model.forward
    monkeypatch.setattr(network.model, "forward", lambda images: sizes.append(len(images)) or forward(images))
    pixels = np.zeros((300, 4, 4, 3), np.uint8)
    whole = predict(network, pixels).logits
    monkeypatch.setattr(inference, "sent", lambda pixels, device: torch.tensor(pixels))
    monkeypatch.setattr(
        inference, "scale_and_shift", lambda mean, std, device: (torch.full((3,), 4 / 255), torch.full((3,), -2.0))
    )
    monkeypatch.setattr(Network, "device", torch.device("cuda"))
    np.testing.assert_allclose(predict(network, pixels).logits, whole, atol=1e-5)
    assert sizes == [256, 44, 300]


@needs_card
def test_a_card_and_the_processor_agree_to_a_hundredth_in_logits() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (500, 32, 32, 3)).astype(np.uint8)
    ours, theirs = (predict(untrained(device), pixels).logits for device in ("cpu", "cuda"))
    assert np.abs(ours - theirs).max() <= 0.01
