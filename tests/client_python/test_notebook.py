"""The notebook of the examples, run cell by cell in a real kernel, whose event loop runs while the blocking client waits."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from support.server import ROOT, ServerProcess

NOTEBOOK = ROOT / "examples" / "notebook" / "bar.ipynb"


# What the kernel's own libraries leave open or find deprecated is not ours to warn of.
@pytest.mark.filterwarnings(
    "default::ResourceWarning", "default::DeprecationWarning", "default::pytest.PytestUnraisableExceptionWarning"
)
def test_a_bar_in_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    bar, result = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert len([line for line in bar.source.splitlines() if line]) == 3
    with ServerProcess("examples.brand_diagnosis.app:app", tmp_path) as server:
        monkeypatch.setenv("JINDU_URL", server.url)
        NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    (shown,) = (output for output in bar.outputs if output.output_type == "display_data")
    assert "<progress" in shown.data["text/html"]
    assert "100.0%" in shown.data["text/html"]
    (value,) = result.outputs
    assert "'brand': 'Starlette'" in value.data["text/plain"]
