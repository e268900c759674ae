"""serve, worker and demo: they start, do their work, and end when they are told to."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

from tests.cli.command import Command, answer, free_port


def stopped(process: "subprocess.Popen[str]", seconds: float = 30) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output


def test_serve_opens_the_pages_and_ends_when_it_is_told_to(tracker: Command) -> None:
    port = free_port()
    with tracker.started("serve", "--port", str(port), "--workers", "2") as process:
        assert answer(f"http://127.0.0.1:{port}/health")["status"] == "ok"
        code, _ = stopped(process)
    assert code == 0


def test_a_server_that_is_killed_leaves_no_process_behind(tracker: Command) -> None:
    port = free_port()
    with tracker.started("serve", "--port", str(port)) as process:
        answer(f"http://127.0.0.1:{port}/health")
        process.kill()
        process.communicate(timeout=30)
        wait_until_free(port)


def test_serve_looks_first_whether_it_can(tracker: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        result = tracker("serve", "--port", str(taken))
        assert result.code == 2
        assert f"Port {taken} is taken by another program" in result.err
    guessed = tracker("serve", "--port", str(free_port()), base_url="https://training.example")
    assert guessed.code == 2
    assert "TRACKER_SECRET_KEY" in guessed.err
    open_to_all = tracker("serve", "--port", str(free_port()), "--host", "0.0.0.0")
    assert (open_to_all.code, "TRACKER_SECRET_KEY" in open_to_all.err) == (2, True)
    as_anybody = tracker("serve", "--port", str(free_port()), demo="true", secret_key="s3cret-" * 8)
    assert (as_anybody.code, "TRACKER_DEMO" in as_anybody.err) == (2, True)
    missing = tracker("serve", "--port", str(free_port()), database_url="sqlite:///none.db")
    assert missing.code == 2
    assert "training-tracker migrate" in missing.err


def test_a_worker_runs_until_it_is_told_to_stop(tracker: Command) -> None:
    with tracker.started("worker", smtp_port=str(free_port())) as process:
        assert process.stdout is not None
        line = ""
        while "worker.started" not in line:
            line = process.stdout.readline()
            assert line, "it ended by itself"
        code, output = stopped(process)
    assert code == 0
    assert "worker.stopped" in output


def test_the_demo_settles_a_region_sends_its_mail_and_ends_whole(tmp_path: Path) -> None:
    port = free_port()
    # Whatever is set for real must not be touched.
    tracker = Command(tmp_path, database_url="postgresql://real.example/real", smtp_host="mail.real.example")
    with tracker.started("demo", "--port", str(port), "--people", "150") as process:
        address = f"http://127.0.0.1:{port}"
        assert answer(f"{address}/health")["status"] == "ok"
        assert process.stdout is not None
        lines = []
        while "Ctrl-C" not in (line := process.stdout.readline()):
            assert line, "it ended by itself"
            lines.append(line)
        second = tracker("demo", "--port", str(free_port()))
        assert (second.code, "Another demo is running" in second.err) == (2, True)
        third = tracker("demo", "--port", str(port))
        assert (third.code, f"Port {port} is taken" in third.err) == (2, True)
        with urlopen(f"{address}/sign-in", timeout=10) as page:
            choices = page.read().decode()
        code, _ = stopped(process)
    assert code == 0
    told = "".join(lines)
    assert f"Open {address}" in told
    assert "manages" in told
    assert "150 people" in told
    letters = list((tmp_path / "var" / "demo" / "mailbox" / "new").iterdir())
    assert f"{len(letters)} e-mails" in told
    assert len(letters) > 100
    assert "Children&#39;s social care" in choices or "Children's social care" in choices
    wait_until_free(port)


def test_a_demo_of_too_few_is_told(tmp_path: Path) -> None:
    result = Command(tmp_path)("demo", "--port", str(free_port()), "--people", "3")
    assert (result.code, "too few" in result.err) == (2, True)


def wait_until_free(port: int) -> None:
    """Every process of it has let go of the port."""
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "a process is left"
            time.sleep(0.1)
