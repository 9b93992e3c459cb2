"""An app that holds a fake engine, to be killed: FOLDER ARGUMENT… ; prints the record's id when it is ready."""

import asyncio
import sys
from pathlib import Path

from playground.engines.launch.supervisor import Supervisor
from tests.engines.launch.conftest import TIMING
from tests.engines.launch.engine import FakeEngine, launch, spec


async def main() -> None:
    supervisor = Supervisor(Path(sys.argv[1]), {"fake": FakeEngine()}, timing=TIMING)
    server = await launch(supervisor, spec(*sys.argv[2:], name="held"))
    await server.wait_ready()
    await asyncio.sleep(0.6)  # its processes are noted every 0.1 s
    sys.stdout.write(f"{server.record.id}\n")
    sys.stdout.flush()
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main())
