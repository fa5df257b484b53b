"""Promises of the notebook image, asked of a container that runs as a workspace does."""

import json
from typing import Any, cast

import pytest

from images.manifest import ImageInfo
from tests.integration.images.workspace import PREFIX, Running

pytestmark = pytest.mark.engine

KERNEL = """
import json, urllib.request, uuid
import websocket
base = "http://127.0.0.1:8888{prefix}"
def ask(method, path):
    request = urllib.request.Request(base + path, method=method, data=b"{{}}")
    request.add_header("Cookie", "_xsrf=2")
    request.add_header("X-XSRFToken", "2")
    return json.loads(urllib.request.urlopen(request).read() or b"null")
kernel = ask("POST", "api/kernels")["id"]
channel = websocket.create_connection(base.replace("http", "ws") + f"api/kernels/{{kernel}}/channels", timeout=60)
header = {{"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "s", "username": "", "version": "5.3"}}
content = {{"code": {code!r}, "silent": False, "store_history": True, "allow_stdin": False}}
channel.send(json.dumps({{"header": header, "parent_header": {{}}, "metadata": {{}}, "content": content,
                         "channel": "shell", "buffers": []}}))
while True:
    message = json.loads(channel.recv())
    if message.get("parent_header", {{}}).get("msg_id") != header["msg_id"]:
        continue
    if message["msg_type"] == "stream":
        print(message["content"]["text"], end="")
    if message["msg_type"] in ("display_data", "execute_result"):
        print(message["msg_type"], sorted(message["content"]["data"]))
    if message["msg_type"] == "error":
        print(chr(10).join(message["content"]["traceback"]))
    # The reply may overtake what was printed; nothing comes after idle.
    if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
        break
channel.close()
ask("DELETE", f"api/kernels/{{kernel}}")
"""


def cell(notebook: Running, code: str) -> str:
    """What a cell prints in a kernel of the server."""
    return notebook.python(KERNEL.format(prefix=PREFIX, code=code))


def test_a_cell_runs_as_a_user_that_the_image_does_not_know(notebook: Running) -> None:
    said = cell(notebook, "import os, getpass; print(os.getuid(), getpass.getuser(), os.path.expanduser('~'))")
    assert said.split() == ["200123", "researcher", "/home/researcher"]


def test_no_variable_of_the_hub_reaches_a_kernel(notebook: Running) -> None:
    names = json.loads(cell(notebook, "import os, json; print(json.dumps(sorted(os.environ)))"))
    assert not [name for name in names if "HUB" in name or "TOKEN" in name or "PASSWORD" in name]
    assert "ANSIM_PREFIX" in names


def test_a_zone_that_does_not_answer_is_one_sentence_in_the_persons_language(notebook: Running) -> None:
    said = cell(notebook, "import ansim_client; ansim_client.PATIENCE = 1; ansim_client.status()")
    assert "연결하지 못했습니다" in said
    assert "Traceback" not in said


def test_a_result_of_the_client_is_shown_once_wherever_it_stands_in_a_cell(notebook: Running) -> None:
    made = "import ansim_client as a; r = a._show(a.Report({'files': []}))"
    shown = "display_data ['text/html', 'text/plain']"
    assert cell(notebook, f"{made}\nr").strip() == shown
    assert cell(notebook, f"{made}\nprint(1)").split("\n")[:2] == [shown, "1"]


def test_everything_promised_can_be_imported(notebook: Running) -> None:
    notebook.python(
        "import pandas, pyarrow.parquet, sklearn.linear_model, statsmodels.api, matplotlib.pyplot, duckdb, acro,"
        " openpyxl, scipy.stats, ansim_client"
    )


def test_duckdb_reads_parquet_and_knows_time_zones_without_network(notebook: Running) -> None:
    said = notebook.python(
        "import duckdb, pandas\n"
        "pandas.DataFrame({'a': [1, 2, 3]}).to_parquet('/tmp/t.parquet')\n"
        "print(duckdb.sql(\"select sum(a) from '/tmp/t.parquet'\").fetchall()[0][0])\n"
        "print(duckdb.sql(\"select timezone('Asia/Seoul', timestamptz '2026-01-01 00:00:00+00')\").fetchall()[0][0])\n"
    )
    assert said.splitlines() == ["6", "2026-01-01 09:00:00"]


@pytest.mark.parametrize("before", ["pass", "plt.rcdefaults()", "plt.style.use('default')", "plt.style.use('ggplot')"])
def test_korean_labels_and_minus_signs_are_drawn(notebook: Running, before: str) -> None:
    notebook.python(
        "import warnings; warnings.simplefilter('error')\n"
        "import matplotlib; matplotlib.use('Agg')\n"
        "import matplotlib.pyplot as plt\n"
        f"{before}\n"
        "figure, axes = plt.subplots()\n"
        "axes.plot([-3, -1, 2], [-5, 0, 4], label='유동인구')\n"
        "axes.set_title('서울시 종로구 −3 ~ 2 (명)'); axes.set_ylabel('변화율 % ±'); axes.legend()\n"
        "figure.savefig('/tmp/figure.png')\n"
    )


def test_the_first_plot_does_not_index_the_fonts_again(notebook: Running) -> None:
    said = notebook.python(
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
        "import matplotlib.font_manager as m; print(len(m.fontManager.ttflist))"
    )
    assert "generated new fontManager" not in said


def test_there_is_nothing_but_loopback(notebook: Running) -> None:
    assert notebook.python("import os; print(os.listdir('/sys/class/net'))").strip() == "['lo']"


def test_only_home_tmp_and_outbox_can_be_written(notebook: Running) -> None:
    said = notebook.python(
        "import os\n"
        "def writable(place):\n"
        "    try:\n"
        "        open(place + '/probe', 'w').close(); os.unlink(place + '/probe'); return True\n"
        "    except OSError: return False\n"
        "seen = [d for d, _, _ in os.walk('/') if not d.startswith(('/proc', '/sys', '/dev'))]\n"
        "print(sorted({'/' + d.split('/')[1] for d in seen if writable(d)}))\n"
    )
    assert said.strip() == "['/home', '/outbox', '/tmp']"


def test_no_file_gives_its_caller_rights(notebook: Running) -> None:
    _, said = notebook.run("sh", "-c", "find / -xdev -perm /6000 2>/dev/null", user="0:0")
    assert said == ""


@pytest.mark.parametrize("tool", ["perl", "curl", "wget", "gcc", "apt-get", "ssh", "su", "mount.nfs"])
def test_there_are_no_tools_that_a_researcher_has_no_use_for(notebook: Running, tool: str) -> None:
    status, _ = notebook.run("sh", "-c", f"command -v {tool}")
    assert status != 0


def test_terminals_are_off(notebook: Running) -> None:
    said = notebook.python(
        "import urllib.request, urllib.error\n"
        f"try: urllib.request.urlopen('http://127.0.0.1:8888{PREFIX}api/terminals')\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    assert said.strip() == "404"


def test_the_page_has_no_download_and_no_extension_manager(notebook: Running) -> None:
    page = notebook.python(
        f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8888{PREFIX}lab').read().decode())"
    )
    config = json.loads(
        page.split('<script id="jupyter-config-data" type="application/json">')[1].split("</script>")[0]
    )
    locked = config["lockedExtensions"]
    for extension in (
        "@jupyterlab/docmanager-extension:download",
        "@jupyterlab/filebrowser-extension:download",
        "@jupyterlab/notebook-extension:export",
    ):
        assert extension in config["disabledExtensions"]
        assert extension in locked
    assert config["extensionManager"]["can_install"] is False
    assert config["terminalsAvailable"] is False
    assert config["news"]["disabled"] is True


def test_the_page_speaks_korean_to_a_person_who_does(notebook: Running) -> None:
    said = notebook.python(
        "import urllib.request, json\n"
        f"url = 'http://127.0.0.1:8888{PREFIX}lab/api/translations/ko_KR'\n"
        "print(len(json.load(urllib.request.urlopen(url))['data']))\n"
    )
    assert int(said) > 0
    settings = ".jupyter/lab/user-settings/@jupyterlab/translation-extension/plugin.jupyterlab-settings"
    assert json.loads((notebook.home / settings).read_text(encoding="utf-8")) == {"locale": "ko_KR"}


def test_settings_are_checked_once_and_read_each_time(notebook: Running) -> None:
    said = notebook.python(
        "import urllib.request, json\n"
        f"url = 'http://127.0.0.1:8888{PREFIX}lab/api/settings'\n"
        "first, again = (json.load(urllib.request.urlopen(url))['settings'] for _ in range(2))\n"
        "print(len(first), first == again)\n"
    )
    number, same = said.split()
    assert int(number) > 50
    assert same == "True"


def test_an_idle_workspace_fits_into_200_megabytes(notebook: Running) -> None:
    memory = cast(dict[str, Any], notebook.container.stats(stream=False))["memory_stats"]["stats"]
    used = memory.get("total_rss", memory.get("anon"))  # cgroups 1 and 2 name it differently
    assert used < 200_000_000


def test_an_image_says_what_is_in_it(built_images: dict[str, ImageInfo]) -> None:
    notebook = built_images["notebook"]
    assert dict(notebook.python)["pandas"] == "2.3.3"
    assert "tini" in dict(notebook.debian)
    assert "perl-base" not in dict(notebook.debian)
    assert notebook.base_sha256 == built_images["base"].base_sha256
