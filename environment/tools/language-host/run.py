"""Runs the program whose path is the argument, with settings from the environment, as Pulumi's own runner does."""

import asyncio
import os
import runpy
import sys
import traceback

import pulumi
import pulumi.runtime

program = sys.argv[1]
sys.path.insert(0, os.path.dirname(program))

pulumi.runtime.configure(
    pulumi.runtime.Settings(
        organization=os.environ["PULUMI_ORGANIZATION"],
        project=os.environ["PULUMI_PROJECT"],
        stack=os.environ["PULUMI_STACK"],
        parallel=int(os.environ["PULUMI_PARALLEL"]),
        dry_run=os.environ["PULUMI_DRY_RUN"] == "true",
        monitor=os.environ["PULUMI_MONITOR"],
        engine=os.environ["PULUMI_ENGINE"],
        root_directory=os.environ["PULUMI_ROOT_DIRECTORY"],
    )
)

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
try:
    loop.run_until_complete(
        pulumi.runtime.run_in_stack(lambda: runpy.run_path(program, run_name="__main__"))
    )
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(1)
except Exception:
    traceback.print_exc()
    sys.exit(1)
