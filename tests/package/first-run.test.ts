/** What the first run prints, how it fails, and when it asks. The scripts run in a copy, with an empty cache folder. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkout } from "../support/project";
import { run } from "../support/run";

describe("the first run", () => {
    let folder: string;

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-first-run-"));
        await cp(join(checkout, "environment"), join(folder, "environment"), { recursive: true });
        await cp(join(checkout, "package.json"), join(folder, "package.json"));
        await run("chmod", ["-R", "a+rwX", folder]);
    });

    after(() => rm(folder, { recursive: true, force: true }));

    /** Runs a script that sources `environment/steps`. */
    async function steps(script: string) {
        const path = join(folder, "script");
        await writeFile(path, `set -euo pipefail\n. ${folder}/environment/steps\n${script}`);
        return run("bash", [path], { env: { STEPS_BEGAN: undefined } }); // `npm test` has steps of its own
    }

    /**
     * Runs `environment/up` with nothing of the test environment, behind a proxy that refuses connections, so that
     * nothing can be downloaded from the projects' sites.
     */
    async function up(options: { args?: string[]; env?: NodeJS.ProcessEnv; wrapper?: string[] }) {
        const { args = [], env = {}, wrapper = [] } = options;
        const cache = await mkdtemp(join(folder, "cache-"));
        await chmod(cache, 0o777);
        const nowhere = "http://127.0.0.1:9";
        const set = {
            ENVIRONMENT_CACHE: cache,
            DOCKER_CONFIG: join(cache, "docker"),
            HOME: cache,
            PATH: "/usr/local/bin:/usr/bin:/bin",
            https_proxy: nowhere,
            ...env,
        };
        const variables = Object.entries(set).map(([name, value]) => `${name}=${value}`);
        const command = ["env", "-i", "TERM=xterm", ...variables, ...wrapper, join(folder, "environment/up"), ...args];
        return run(command[0] as string, command.slice(1));
    }

    it("prints a line for each step that is done, in the order in which they end", async () => {
        const { code, output } = await steps(`
            first() { echo detail; sleep 0.5; note 1.2; }
            second() { needs first; reached second:half; until [[ -e $steps/third.code ]]; do sleep 0.1; done; sleep 3; note two; }
            third() { needs second:half; }
            hidden() { needs third; echo also a detail; }
            step first "Component" first; step second "Other" second; step third "Third" third; step hidden "" hidden
            finish_steps`);
        assert.equal(code, 0, output);
        assert.match(output, /^ {2}0:0\d {2}✔ Component +1\.2\n {2}0:0\d {2}✔ Third +\n {2}0:0\d {2}✔ Other +two\n$/);
        assert.equal(await readFile(join(folder, ".pulumi/log/first.log"), "utf8"), "detail\n");
    });

    it("names the log of a step that fails and its last lines, and stops the other steps", async () => {
        const { code, output } = await steps(`
            bad() { for i in $(seq 30); do echo "line $i"; done; false; echo not reached; }
            long() { sh -c 'echo $PPID' >${folder}/long.pid; exec sleep 60; }
            after() { needs bad; touch ${folder}/after; }
            step long "Long" long
            until [[ -s ${folder}/long.pid ]]; do sleep 0.1; done
            step bad "Component" bad; step after "After" after
            finish_steps`);
        assert.equal(code, 1, output);
        const lines = Array.from({ length: 15 }, (_, index) => `    line ${index + 16}\n`).join("");
        const expected = `Component failed. The last lines of .pulumi/log/bad.log:\n${lines}Fix the cause, and run`;
        assert.ok(output.includes(expected), output);
        const pid = (await readFile(join(folder, "long.pid"), "utf8")).trim();
        assert.notEqual((await run("kill", ["-0", pid])).code, 0, "the other step is still running");
        await assert.rejects(readFile(join(folder, "after")));
    });

    it("stops its steps when it is interrupted", async () => {
        const path = join(folder, "interrupted");
        const pidFile = join(folder, "interrupted.pid");
        await writeFile(
            path,
            `set -euo pipefail; . ${folder}/environment/steps; long() { sh -c 'echo $PPID' >${pidFile}; exec sleep 60; }; step long "Long" long; finish_steps`,
        );
        const script = spawn("bash", [path], { stdio: "ignore" });
        const ended = new Promise((resolve) => script.once("exit", resolve));
        let pid = "";
        while (pid === "") {
            await sleep(50);
            pid = await readFile(pidFile, "utf8").then(
                (text) => text.trim(),
                () => "",
            );
        }
        script.kill("SIGINT");
        assert.equal(await ended, 130);
        assert.notEqual((await run("kill", ["-0", pid])).code, 0, "the step is still running");
    });

    it("uses no command that macOS does not have", async () => {
        const scripts = ["up", "steps", "setup", "quickstart", "clean", "components/checkout", "components/go"];
        const missing =
            /^\s*(?:flock|mapfile|readarray|timeout|sha256sum|nproc)\b|\b(?:declare|local) -A\b|\bwait -n\b|\$\{\w+(?:\^|,)/m;
        for (const name of scripts) {
            const found = missing.exec(await readFile(join(folder, "environment", name), "utf8"));
            assert.equal(found?.[0], undefined, name);
        }
    });

    it("shows the engine's own reason to a user who is not in the group docker", async () => {
        const { code, output } = await up({ wrapper: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] });
        assert.equal(code, 1, output);
        assert.match(
            output,
            /^Docker cannot be used: .*permission denied.*docker\.sock.*\. Add your user to the group docker/s,
        );
    });

    it("names the address of an engine that does not respond", async () => {
        const { code, output } = await up({ env: { DOCKER_HOST: "unix:///nowhere/docker.sock" } });
        assert.equal(code, 1, output);
        assert.match(
            output,
            /^Docker does not respond at unix:\/\/\/nowhere\/docker\.sock: .+\. Start that engine, or unset/s,
        );
    });

    it("says before it starts that Go is missing", async () => {
        const hidden = [
            "unshare",
            "--mount",
            "sh",
            "-c",
            'mkdir -p /usr/local/go && mount -t tmpfs none /usr/local/go && exec "$@"',
            "sh",
        ];
        const { code, output } = await up({ wrapper: hidden });
        assert.equal(code, 1, output);
        assert.match(
            output,
            /^\S.* cannot be compiled: Go is not installed\. Install Go from \S+, and run the command again\.\n$/,
        );
    });

    it("names the log of a component that cannot be built", async () => {
        const modules = join(folder, "modules");
        await mkdir(modules, { recursive: true });
        const { code, output } = await up({
            env: { GOPROXY: "off", GOMODCACHE: modules, GOFLAGS: "", GOTOOLCHAIN: "local" },
        });
        assert.equal(code, 1, output);
        assert.match(
            output,
            / {2}Compiling .*Pulumi: not installed, and no download site responds\n {2}This takes about \d+ minutes/,
        );
        assert.match(output, / failed\. The last lines of \.pulumi\/log\/\w+\.log:\n(?: {4}.*\n)* {4}.*GOPROXY=off/);
    });

    describe("without a Docker engine", () => {
        let programs: string;

        before(async () => {
            programs = join(folder, "programs");
            await mkdir(programs);
            await writeFile(join(programs, "apt-get"), "#!/bin/sh\necho no packages here\nexit 1\n", { mode: 0o755 });
        });

        // The socket is hidden, dpkg knows no package, and apt cannot install one.
        const noEngine = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh"];
        const env = () => ({ PATH: `${programs}:/usr/bin:/bin`, DPKG_ADMINDIR: programs });
        const question = "Install docker.io iptables busybox-static runc from Debian, as root? [Y/n]";

        /** Runs `environment/up` on a terminal. */
        const onTerminal = (answer: string, args: string[] = []) =>
            up({
                env: env(),
                wrapper: [...noEngine, "sh", "-c", `printf '${answer}\\n' | script -qec "$*" /dev/null`, "sh"],
                args,
            });

        it("asks on a terminal before it installs one as root", async () => {
            const { output } = await onTerminal("n");
            assert.ok(output.includes(question), output);
            assert.match(output, /Nothing was installed: the answer was no\./);
            assert.doesNotMatch(output, /no packages here/);
        });

        it("installs one after the answer yes", async () => {
            const { output } = await onTerminal("y");
            assert.ok(output.includes(question), output);
            assert.match(output, /no packages here/);
        });

        it("does not ask with --yes", async () => {
            const { output } = await onTerminal("", ["--yes"]);
            assert.doesNotMatch(output, /\[Y\/n\]/);
            assert.match(output, /no packages here/);
        });

        it("does not ask without a terminal", async () => {
            const { code, output } = await up({ env: env(), wrapper: noEngine });
            assert.equal(code, 1, output);
            assert.doesNotMatch(output, /\[Y\/n\]/);
            assert.match(output, / {2}Docker +does not respond: installing docker\.io .*, as root/);
            assert.match(
                output,
                /debian failed\. The last lines of \.pulumi\/log\/debian\.log:\n {4}no packages here\n/,
            );
        });
    });
});
