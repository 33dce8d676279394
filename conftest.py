"""What the engine's annotations say is checked while tests run, shapes among them.

jaxtyping's wrapper binds the arguments of each call by name, for shapes that have a dimension in common. That costs
twenty times what beartype's own checks do, so it stands around the modules that speak of shapes alone.
"""

from pathlib import Path

from beartype import BeartypeConf
from beartype.claw import beartype_package
from jaxtyping import TypeCheckError, install_import_hook

ROOT = Path(__file__).parent


def shaped() -> tuple[str, ...]:
    """The engine's modules that import jaxtyping, or name what they import for type checkers alone.

    beartype's own hook would look for such a name at the first call; jaxtyping lets it be.
    """
    files = {file: file.read_text("utf-8") for file in sorted((ROOT / "nat_core").rglob("*.py"))}
    names = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    return tuple(names[file] for file, text in files.items() if "jaxtyping" in text or "if TYPE_CHECKING:" in text)


beartype_package(
    "nat_core", conf=BeartypeConf(claw_is_pep526=False, claw_skip_package_names=shaped(), violation_type=TypeCheckError)
)
install_import_hook(shaped(), "beartype.beartype")
