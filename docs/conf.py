"""Makes the documentation site: ``make docs``."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "extensions")]

from oracle_api.version import VERSION  # noqa: E402

project = "oracle_api"
release = version = VERSION
copyright = "the authors of oracle_api"

extensions = ["myst_parser", "reference"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "examples", "postman", "sql", "grafana", "img", "extensions"]

myst_enable_extensions = ["deflist", "fieldlist"]
# Links to headings of other pages are checked down to this level.
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"oracle_api {VERSION}"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# Examples hold "…", and output that no lexer knows.
highlight_language = "none"
