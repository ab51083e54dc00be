"""The documentation as a site: ``make site``. The pages are those of ``docs/``, as they are."""

from lms_bridge import __version__

project = "lms-bridge"
release = version = __version__
copyright = "the authors of lms-bridge"
extensions = ["myst_parser", "sphinx_click"]
# The source is the whole project, so that a link to an example or to the code leads to the file.
include_patterns = ["site/*.md", "docs/*.md", "README.md", "CHANGELOG.md"]
root_doc = "site/index"
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
html_theme = "furo"
html_title = f"lms-bridge {version}"
html_copy_source = False
html_show_sphinx = False
# What GitHub understands and Pygments does not: an address, an answer that is cut short.
suppress_warnings = [
    "misc.highlighting_failure",
    "myst.xref_missing",  # a link to a folder of the code; a test looks at each link
]
