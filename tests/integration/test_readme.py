"""The README's session can be pasted as it stands."""

import re
import subprocess
from pathlib import Path

from .conftest import needs_embedded
from .service import TOKEN, Service

README = (Path(__file__).parents[2] / "README.md").read_text()


@needs_embedded
def test_the_session_runs_and_shows_what_it_promises(service: Service) -> None:
    [session] = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    script = session.replace("http://127.0.0.1:8080", service.url).replace(
        "Bearer demo", f"Bearer {TOKEN}"
    )
    done = subprocess.run(
        ["bash", "-eu"], input=script, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    total, running, completed, asked, cancelled, listed, deleted = done.stdout.splitlines()
    assert total == '{"status":"ok","out":{"RESULTADO":3.5}}'
    assert '"status":"running"' in running
    assert '"work":{"sofar":' in running
    assert '"result":{"vRESULTADO":12500}' in completed
    assert '"cancel_requested":true' in asked or '"status":"cancelled"' in asked
    assert '"status":"cancelled"' in cancelled
    assert listed.startswith('{"total":')
    assert '"message":' in deleted
