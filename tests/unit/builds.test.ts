import { strict as assert } from "node:assert";
import { mayBuild } from "../../provider/docker/buildkitd/drain";

const state = { Destination: "/var/lib/buildkit" };
const idle = { State: { Running: true }, Config: { Cmd: null }, Mounts: [state], ExecIDs: null };

describe("whether a container may be building", () => {
    it("is told by the processes in it, of which each client has one", () => {
        assert.equal(mayBuild(idle), false);
        assert.equal(mayBuild({ ...idle, ExecIDs: [] }), false);
        assert.equal(mayBuild({ ...idle, ExecIDs: ["0123"] }), true);
    });

    it("is not known where clients come another way, or the engine does not say", () => {
        for (const flag of ["--addr", "--addr=tcp://0.0.0.0:1234", "--config"])
            assert.equal(mayBuild({ ...idle, Config: { Cmd: ["--debug", flag] } }), true, flag);
        assert.equal(mayBuild({ ...idle, Config: { Cmd: ["--debug"] } }), false);
        assert.equal(mayBuild({ ...idle, Mounts: [state, { Destination: "/run/buildkit" }] }), true);
        assert.equal(mayBuild({ ...idle, ExecIDs: undefined }), true);
    });

    it("is no where it does not run, or is not there", () => {
        assert.equal(mayBuild({ ...idle, State: { Running: false }, ExecIDs: ["0123"] }), false);
        assert.equal(mayBuild(undefined), false);
    });
});
