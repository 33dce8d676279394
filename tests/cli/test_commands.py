"""The command line: every verb's answer, its sentences, its exit statuses."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from nat_core.__main__ import main
from nat_core.cli import serve
from nat_core.cli.parser import FORMATS
from nat_core.data.sets import load_set
from nat_core.measure.predictions import softmax
from nat_core.measure.rounding import rate_text
from nat_core.paper.field_tables import annex
from nat_core.paper.rendering import render
from nat_core.stopping import SIGNALS
from nat_core.store.checkpoints import load_card
from tests.browsing import wait_until_healthy
from tests.present import present
from tests.servers import Server

VERBS = ("data", "train", "predict", "evaluate", "report", "reproduce", "app")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture of no class: an orange square."""
    path = tmp_path / "square.png"
    Image.new("RGB", (50, 40), "orange").save(path)
    return path


@pytest.fixture
def networks(digits_networks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small networks, where every command looks for them."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(digits_networks))
    return digits_networks


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_examples_and_exit_statuses(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    text = capsys.readouterr().out
    assert f"examples:\n  nat {verb}" in text
    assert "exit status:" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: VERB"),
        (["tran"], "invalid choice: 'tran'"),
        (["train", "resnet19"], "unknown recipe 'resnet19'; known: resnet18_baseline, "),
        (["train", "digits_nat", "--epochs", "0"], "from 1 up, not '0'"),
        (["train", "digits_nat", "--seed", "-1"], "from 0 up, not '-1'"),
        (["train", "digits_nat", "--device", "tpu"], "invalid choice: 'tpu'"),
        (["predict", "--json"], "required: IMAGE"),
        (["report", "--format", "xml"], "invalid choice: 'xml'"),
        (["evaluate", "digits_nat"], "one of the arguments --images --sets is required"),
        (["report", "--chek", "somewhere"], "unrecognized arguments: --chek"),
    ],
)
def test_a_wrong_command_is_status_2_and_says_why(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err


def test_data_says_what_is_missing_and_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cifar10.npz").touch()
    assert main(["data", "--data", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["cifar10", "there", str(tmp_path / "cifar10.npz")]
    assert lines[1].split() == ["cifar100", "missing", str(tmp_path / "cifar100.npz")]
    assert lines[2].split() == ["nat", "data", "--download", "cifar100"]


def test_a_failed_download_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from torchvision.datasets import CIFAR10

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    assert main(["data", "--download", "cifar10", "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"nat data: cifar10 cannot be downloaded from {CIFAR10.url}")


@pytest.mark.usefixtures("few_pictures")
def test_train_stores_a_network_that_report_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "digits_nat", "--epochs", "1", "--seed", "5", "--device", "cpu", "--out", str(tmp_path)]
    assert main(arguments) == 0
    card = load_card(tmp_path, "digits_nat")
    assert (card.seed, card.recipe.epochs) == (5, 1)
    printed = capsys.readouterr().out
    assert f"digits_nat: accuracy {100 * card.report.accuracy:.2f} %" in printed
    assert f"NCR_0.9 {rate_text(card.report.sets['digits_89'].ncr['0.9'])}" in printed

    assert main(arguments) == 1
    assert "add --resume" in capsys.readouterr().err
    assert main([*arguments, "--resume"]) == 0
    assert capsys.readouterr().out == f"digits_nat is finished: {tmp_path / 'digits_nat'}\n"
    arguments[arguments.index("5")] = "6"
    assert main([*arguments, "--resume"]) == 1
    assert "was trained with another seed (5, now 6)" in capsys.readouterr().err


def test_train_without_its_image_set_says_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "wrn16_1_nat", "--out", str(tmp_path), "--data", str(tmp_path)]) == 1
    sentence = capsys.readouterr().err
    assert sentence.startswith("nat train: No image set cifar10_train: looked for ")
    assert "--download cifar10" in sentence


def test_train_on_a_device_that_is_not_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert main(["train", "digits_nat", "--device", "mps", "--out", str(tmp_path)]) == 1
    assert "nat train: this machine has no mps device" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, networks: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "missing" / "logits.npz"
    arguments = ["evaluate", "digits_nat", "--images", str(picture.parent), "--output", str(target)]
    assert main(arguments) == 1
    assert f"there is no folder {target.parent}: make it first" in capsys.readouterr().err


def test_predict_json_is_the_documented_one(
    networks: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture.read_bytes()[:60])
    assert main(["predict", str(picture), str(broken), str(tmp_path / "none.png"), "--json"]) == 1
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert list(answer) == ["format", "images"]
    assert answer["format"] == 1
    good, damaged, missing = answer["images"]
    assert [each["file"] for each in answer["images"]] == [str(picture), str(broken), str(tmp_path / "none.png")]
    assert (good["error"], list(good["networks"])) == (None, ["digits_baseline", "digits_nat"])
    for network in good["networks"].values():
        assert list(network) == ["confidence", "probabilities"]
        assert list(network["probabilities"]) == list("012345")
        assert sum(network["probabilities"].values()) == pytest.approx(1, abs=1e-6)
        assert network["confidence"] == max(network["probabilities"].values())
    assert damaged["networks"] == missing["networks"] == {}
    assert printed.err.splitlines() == [f"nat predict: {each['error']}" for each in (damaged, missing)]


def test_predict_answers_people_in_a_line_a_network(
    networks: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(picture), "--networks", "digits_nat"]) == 0
    title, line = capsys.readouterr().out.splitlines()
    assert title == str(picture)
    assert line.split()[0] == "digits_nat"
    assert 100 / 6 <= float(line.split()[1]) <= 100


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_what_a_code_page_lacks_is_escaped(
    networks: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    strange = picture.with_name("→ 猫 \u2028.png")
    shutil.copy(picture, strange)
    printed, told = io.BytesIO(), io.BytesIO()
    for name, file in (("stdout", printed), ("stderr", told)):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(file, encoding=encoding))
    assert main(["predict", str(strange), str(picture.with_name("missing ≥.png")), "--networks", "digits_nat"]) == 1
    sys.stdout.flush()
    sys.stderr.flush()
    assert b"\\u2192 \\u732b" in printed.getvalue()
    assert b"missing \\u2265.png" in told.getvalue() or encoding == "cp437"


def test_a_name_of_several_lines_or_of_commands_to_a_terminal_is_printed_on_one(
    networks: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = picture.rename(picture.with_name("a\nb\x1b[31m.png"))
    assert main(["predict", str(odd), "--checkpoints", str(networks), "--networks", "digits_nat"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("a b\ufffd[31m.png")


def test_a_report_says_what_is_wrong_with_its_folders_before_it_is_made(
    networks: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--page", str(picture), "--checkpoints", str(networks)]) == 1
    assert f"{picture} is no folder: name the one to write into" in capsys.readouterr().err
    monkeypatch.setenv("NAT_CHECKPOINTS", "nowhere")
    assert main(["report"]) == 1
    assert "No folder nowhere: name the one that holds the networks" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "said"), [
    (["--code"], "give --classroom or --public too"),
    (["--port", "70000"], "a number from 1 to 65535, not 70000"),
    (["--port", "0"], "a number from 1 to 65535, not 0"),
    (["--address", "1.2.3.4.5"], "not '1.2.3.4.5'"),
    (["--checkpoints", "nowhere"], "No folder nowhere"),
    (["--classroom", "--port", "99999999"], "not 99999999"),
])  # fmt: skip
def test_an_app_that_cannot_be_had_is_refused_in_a_sentence(
    options: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "local_addresses", lambda: ("192.168.1.20",))
    assert main(["app", *options]) == 1
    printed, error = capsys.readouterr()
    assert said in error
    assert printed == "", "nobody is sent to an address that is not served"


def test_a_class_is_told_its_address_in_any_code_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "local_addresses", lambda: ("192.168.1.20",))
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="cp1252"))
    serve.tell_class(None, "", "key")
    said = printed.getvalue().decode("cp1252")
    assert "http://192.168.1.20:" in said
    assert "This output cannot show the QR code: it stands on the page Workshop as well." in said


def test_wildcards_that_the_shell_leaves_are_expanded(
    networks: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(picture.parent)
    for name in ("b.png", "a.png", "[1].png", "deep/c.png", "notes.txt"):
        Path(name).parent.mkdir(exist_ok=True)
        shutil.copy(picture, name)
    asked = {
        "?.png": ["a.png", "b.png"],
        "**/c.png": ["deep/c.png"],
        "[1].png": ["[1].png"],  # a file of exactly that name
        "[ab].*": ["a.png", "b.png"],
    }
    for pattern, names in asked.items():
        assert main(["predict", pattern, "--networks", "digits_nat", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["images"]
        assert [Path(each["file"]).as_posix() for each in found] == names
    assert main(["predict", "*.webp"]) == 1
    assert "No file fits *.webp: check the folder and the pattern" in capsys.readouterr().err


def test_predict_names_a_network_that_is_missing(
    networks: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["predict", str(picture), "--networks", "wrn16_1_nat", "--checkpoints", str(networks)]
    assert main(arguments) == 1
    assert f"No network wrn16_1_nat in {networks}, which holds digits_baseline, digits_nat. " in capsys.readouterr().err


def test_predict_without_any_network_says_how_to_get_one(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(picture), "--checkpoints", str(tmp_path)]) == 1
    assert "train one with: nat train digits_nat" in capsys.readouterr().err


def test_a_damaged_network_is_one_sentence(
    digits_networks: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(digits_networks / "digits_nat", tmp_path / "digits_nat")
    with (tmp_path / "digits_nat" / "weights.safetensors").open("ab") as weights:
        weights.write(b"?")
    assert main(["predict", str(picture), "--checkpoints", str(tmp_path)]) == 1
    assert "truncated or altered" in capsys.readouterr().err


def test_evaluate_a_folder(networks: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "logits.npz"
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert main(["evaluate", "digits_nat", "--images", str(tmp_path), "--output", str(target)]) == 1
    printed = capsys.readouterr()
    assert "broken.jpg" in printed.err
    assert "1 picture, which may show anything: no NCR" in printed.out
    stored = np.load(target)
    assert sorted(stored) == ["ascending", "files", "logits"]
    assert stored["files"].tolist() == ["square.png"]
    assert (stored["logits"].dtype, stored["logits"].shape) == (np.float32, (1, 6))


def test_evaluate_an_npz(networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = load_set("digits_test")
    source, target = tmp_path / "digits.npz", tmp_path / "logits.npz"
    labels = present(digits.labels)
    np.savez(source, test_images=digits.pixels, test_labels=labels[:, None], classes=np.array(digits.classes))
    assert main(["evaluate", "digits_nat", "--images", str(source), "--output", str(target)]) == 0
    stored = np.load(target)
    assert sorted(stored) == ["ascending", "labels", "logits"]
    assert stored["labels"].tolist() == labels.tolist()
    # The very pictures that the card reports: what is printed is the card's, worked out again.
    report = load_card(networks, "digits_nat").report
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"accuracy {100 * report.accuracy:.2f} %"
    confidence = softmax(stored["logits"]).max(axis=1)
    for line, threshold in zip(lines[-4:], (0.4, 0.6, 0.8, 0.9), strict=True):
        assert line.split()[1] == rate_text(float((confidence > threshold).mean()))
        assert line.split()[2] == rate_text(report.share_kept[str(threshold)])


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_evaluate_refuses_what_is_no_image_set(
    content: bytes | None, networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "images.npz"
    if content is not None:
        source.write_bytes(content)
    assert main(["evaluate", "digits_nat", "--images", str(source)]) == 1
    assert capsys.readouterr().err.startswith(f"nat evaluate: {source} ")


@pytest.mark.parametrize("format", FORMATS)
def test_report_prints_what_the_cards_say(format: str, networks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--format", format]) == 0
    cards = {name: load_card(networks, name) for name in ("digits_baseline", "digits_nat")}
    reports = {name: card.report for name, card in cards.items()}
    assert capsys.readouterr().out.rstrip("\n") == render(reports, format, annex(cards, {})).rstrip("\n")


def test_a_protocol_that_does_not_train_the_architecture_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "resnet18_nat", "--protocol", "short"]) == 1
    assert "protocol short trains no 'resnet18'; it trains: wrn16_1" in capsys.readouterr().err


def test_report_renews_cards_from_stored_predictions(networks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--renew"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "digits_baseline: nothing to renew", "digits_nat: nothing to renew",
    ]  # fmt: skip


def test_report_of_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--checkpoints", str(tmp_path / "none")]) == 1
    assert "none: name the one that holds the networks" in capsys.readouterr().err


def test_app_runs_beside_the_engine_with_the_folders_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, port = {}, serve.free_port()
    monkeypatch.setattr(subprocess, "Popen", partial(Server, started))
    assert main(["app", "--checkpoints", str(tmp_path), "--port", str(port)]) == 0
    served = ["-m", "nat_app.server.run", "--address=127.0.0.1", f"--port={port}", "--while-stdin"]
    assert started["command"][1:] == served
    assert started["env"]["NAT_CHECKPOINTS"] == str(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_terminating_the_app_ends_its_server_and_frees_the_port(networks: Path) -> None:
    port = serve.free_port()
    command = [sys.executable, "-m", "nat_core", "app", "--checkpoints", str(networks), "--port", str(port)]
    environment = os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as app:
        wait_until_healthy(f"http://localhost:{port}")
        app.terminate()
        assert app.wait(timeout=30) == 128 + signal.SIGTERM
    assert serve.free_port(port) == port


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_the_server_ends_with_an_app_that_was_killed(networks: Path) -> None:
    port = serve.free_port()
    command = [sys.executable, "-m", "nat_core", "app", "--checkpoints", str(networks), "--port", str(port)]
    with subprocess.Popen(command, env=os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"}) as app:
        wait_until_healthy(f"http://localhost:{port}")
        (server,) = psutil.Process(app.pid).children()
        app.kill()
    server.wait(timeout=30)
    assert serve.free_port(port) == port


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_server_that_does_not_close_is_killed(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"os.kill(os.getppid(), {int(number)}); time.sleep(60)"
    )
    started = []

    def start(command: list[str], **given: Any) -> subprocess.Popen:
        started.append(real([sys.executable, "-c", deaf], **given))
        return started[0]

    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(serve, "PATIENCE", 0.2)
    before = signal.signal(number, signal.default_int_handler)  # a shell in the background sets some aside
    try:
        assert main(["app", "--checkpoints", str(tmp_path)]) == 128 + number
        assert signal.getsignal(number) == signal.default_int_handler
    finally:
        signal.signal(number, before)
    assert started[0].returncode == -signal.SIGKILL
    assert capsys.readouterr().err == "\nnat app: stopped.\n"


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "::ffff:999", "nat.example.org", "1" * 5000])
def test_an_address_of_another_computer_is_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *given, **named: pytest.fail("it is served"))
    assert main(["app", "--checkpoints", str(tmp_path), "--address", address]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err[:75]) == (
        "",
        "nat app: --address needs an address of this computer as a number, such as 1",
    )


def test_ctrl_c_ends_a_training_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nat_core", "train", "digits_nat", "--out", str(tmp_path), "--device", "cpu"]
    # A background job of a shell is started with SIGINT ignored, and hands that on: here it is to be heard.
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=hear) as run:
        assert run.stderr is not None
        text = ""
        while "cross-entropy" not in text:
            text += os.read(run.stderr.fileno(), 4096).decode()
        run.send_signal(signal.SIGINT)
        text += run.stderr.read()
        assert run.wait() == 130
    assert "Traceback" not in text
    assert re.fullmatch(r"nat train: stopped; digits_nat is saved at step [\d,]+ of [\d,]+: go on with --resume\.",
                        text.splitlines()[-1])  # fmt: skip


def test_a_reader_that_leaves_ends_a_report_quietly(tmp_path: Path) -> None:
    command = f"{sys.executable} -m nat_core report --checkpoints {tmp_path} | true"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert ended.stderr == ""


@pytest.mark.parametrize("verb", ["report", "data"])
def test_what_only_reads_loads_no_torch(verb: str, networks: Path) -> None:
    program = f"import sys; from nat_core.__main__ import main; main(['{verb}']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="outputs are closed in a shell of POSIX")
@pytest.mark.parametrize(("closed", "status"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)])
def test_a_closed_output_is_no_crash(closed: str, status: int, tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m nat_core report --checkpoints "{tmp_path}" {closed}'
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (status, "")


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    import resource

    with (tmp_path / "full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "nat_core", "report", "--checkpoints", str(tmp_path)], stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),  # no byte more, as on a full disk
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (1, "nat report: standard output: File too large\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["evaluate", "digits_nat", "--images", ""], "--images: needs the name of a file or folder, not ''"),
        (["train", "--known", ""], "--known: needs the name of a file or folder, not ''"),
        (["predict", ""], "needs the name of a file or folder, not ''"),
        (["train", "digits_nat", "--set", "epochs=1_0"], "epochs needs a whole number, not '1_0'"),
        (["train", "digits_nat", "--set", "epochs= 3"], "epochs needs a whole number, not ' 3'"),
        (["train", "digits_nat", "--set", "learning_rate=\u0661"], "learning_rate needs a number, not '\u0661'"),
        (["train", "digits_nat", "--set", "sizes=3_2:1"], "sizes needs SIZE:SHARE,..., not '3_2:1'"),
        (["train", "digits_nat", "--set", "also_reported=svhm"], "unknown image set in also_reported 'svhm'"),
    ],
)
def test_a_wrong_word_is_the_commands_own_fault(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_seed_has_an_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "digits_nat", "--out", str(tmp_path / "out"), "--seed", str(2**64)]) == 1
    assert capsys.readouterr().err.startswith("nat train: seed must be a whole number from 0 to 2^63 - 1; got 184467")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that somebody is in")
@pytest.mark.parametrize("words", [["predict", "x.jpg"], ["train", "digits_nat"], ["report"], ["app"]])
def test_in_a_removed_folder_no_command_begins(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(words) == 1
    told = f"nat {words[0]}: the current folder was removed: change into one that is there\n"
    assert capsys.readouterr().err == told
