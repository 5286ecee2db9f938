# The documentation: pages in Markdown (MyST), the reference from docstrings. No network, to build or to read.

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "whygrad"
author = "The whygrad authors"
project_copyright = "The whygrad authors"

extensions = [
    "mathml",
    "myst_parser",
    "op_table",
    "plot_table",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_ivar = True  # else a dataclass's fields would be described twice
napoleon_custom_sections = [("Shape", "params_style")]

html_theme = "furo"
html_title = "whygrad"
html_static_path = ["_static"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False

# What numpy.typing.NDArray[x] has become by the time that autodoc writes it.
NDARRAY = re.compile(r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[([^\[\]]+)\]\]")


def shorten_arrays(app, what, name, obj, options, signature, returns):
    """Write NDArray[x] in signatures, as the source does."""
    return tuple(text and NDARRAY.sub(r"~numpy.typing.NDArray[\1]", text) for text in (signature, returns))


def setup(app):
    """Connect what is written above."""
    app.connect("autodoc-process-signature", shorten_arrays)
