import { strict as assert } from "node:assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { KubeconfigError, loadKubeconfig, pinnedKubeconfig } from "../../provider/cluster/kubeconfig";

const config = (names: string[], more = "") => `apiVersion: v1
kind: Config
${more}
clusters:
${names.map((name) => `- {name: ${name}, cluster: {server: "https://${name}.example:6443", certificate-authority: ca.crt}}`).join("\n")}
users:
${names.map((name) => `- {name: ${name}, user: {client-certificate: c.pem, client-key: keys/k.pem}}`).join("\n")}
contexts:
${names.map((name) => `- {name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: builds}}`).join("\n")}
`;

describe("a kubeconfig", () => {
    let folder: string;
    const { HOME: home, KUBECONFIG: kubeconfig } = process.env;

    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-buildx-test-"));
        await mkdir(join(folder, ".kube"));
        process.env.HOME = folder;
        delete process.env.KUBECONFIG;
    });

    afterEach(async () => {
        process.env.HOME = home;
        if (kubeconfig === undefined) delete process.env.KUBECONFIG;
        else process.env.KUBECONFIG = kubeconfig;
        await rm(folder, { recursive: true });
    });

    const write = async (name: string, text: string): Promise<string> => {
        await writeFile(join(folder, name), text);
        return join(folder, name);
    };

    const rejects = (source: Parameters<typeof loadKubeconfig>[0], message: RegExp | string) =>
        assert.rejects(loadKubeconfig(source), (error: Error) => {
            assert.ok(error instanceof KubeconfigError, error.stack);
            if (typeof message === "string") assert.equal(error.message, message);
            else assert.match(error.message, message);
            return true;
        });

    it("is loaded by its path, and its paths become absolute", async () => {
        const path = await write("one", config(["a", "b"], "current-context: b"));
        const found = await loadKubeconfig({ kubeconfig: path });
        assert.equal(found.context, "b");
        assert.equal(found.server, "https://b.example:6443");
        assert.equal(found.namespace, "builds");
        assert.equal(found.from, `the kubeconfig ${path}`);
        assert.equal(found.cluster["certificate-authority"], join(folder, "ca.crt"));
        assert.deepEqual(found.user, {
            "client-certificate": join(folder, "c.pem"),
            "client-key": join(folder, "keys/k.pem"),
        });
        assert.equal((await loadKubeconfig({ kubeconfig: path, context: "a" })).server, "https://a.example:6443");
    });

    it("is parsed once for all builders, and again after a change", async () => {
        const text = (command: string) =>
            config(["a"], "current-context: a").replace(/user: \{[^}]*\}/, `user: { exec: { command: ${command} } }`);
        const path = await write("one", text("login"));
        const load = async () => (await loadKubeconfig({ kubeconfig: path })).user.exec;
        assert.deepEqual(await load(), { command: "login" });
        assert.equal(await load(), await load());
        await write("one", text("other"));
        assert.deepEqual(await load(), { command: "other" });
    });

    it("is loaded from its text, as YAML or as JSON", async () => {
        const text = config(["a"], "current-context: a");
        for (const kubeconfig of [text, JSON.stringify(parse(text))]) {
            const found = await loadKubeconfig({ kubeconfig });
            assert.equal(found.from, "the argument kubeconfig");
            assert.equal(found.cluster["certificate-authority"], join(process.cwd(), "ca.crt"));
        }
    });

    it("is by default what kubectl uses", async () => {
        await writeFile(join(folder, ".kube/config"), config(["home"], "current-context: home"));
        assert.equal((await loadKubeconfig()).context, "home");

        const first = await write("first", config(["a", "b"]));
        const second = await write(
            "second",
            config(["b", "c"], "current-context: c").replace("b.example", "other.example"),
        );
        process.env.KUBECONFIG = [first, join(folder, "missing"), second].join(delimiter);
        const merged = await loadKubeconfig();
        assert.equal(merged.context, "c");
        assert.equal(merged.from, `the kubeconfigs of $KUBECONFIG (${first}, ${second})`);
        // If both files have an entry, the first file counts.
        assert.equal((await loadKubeconfig({ context: "b" })).server, "https://b.example:6443");
    });

    it("is pinned as a file with one context, in which references stay references", async () => {
        const path = await write(
            "one",
            `current-context: other
clusters:
- {name: other, cluster: {server: "https://other.example"}}
- name: main
  cluster:
    server: https://main.example/
    certificate-authority-data: Q0E=
    proxy-url: http://proxy.example:3128
    tls-server-name: name.example
    extensions: [{name: minikube.sigs.k8s.io, extension: {last-update: today}}]
users:
- {name: other, user: {token: not-in-the-file}}
- {name: file, user: {tokenFile: ./token}}
- name: exec
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [--cluster, main], env: [{name: A, value: b}]}
- {name: path, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}}
- {name: inline, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}
contexts:
- {name: other, context: {cluster: other, user: other}}
- {name: file, context: {cluster: main, user: file}}
- {name: exec, context: {cluster: main, user: exec}}
- {name: path, context: {cluster: main, user: path}}
- {name: inline, context: {cluster: main, user: inline, namespace: builds}}
- {name: nobody, context: {cluster: main}}
`,
        );
        const pin = async (context: string) =>
            parse(pinnedKubeconfig(await loadKubeconfig({ kubeconfig: path, context })));
        assert.deepEqual(await pin("file"), {
            apiVersion: "v1",
            kind: "Config",
            clusters: [
                {
                    name: "main",
                    cluster: {
                        server: "https://main.example/",
                        "certificate-authority-data": "Q0E=",
                        "proxy-url": "http://proxy.example:3128",
                        "tls-server-name": "name.example",
                    },
                },
            ],
            users: [{ name: "file", user: { tokenFile: join(folder, "token") } }],
            contexts: [{ name: "file", context: { cluster: "main", user: "file", namespace: "default" } }],
            "current-context": "file",
        });
        assert.deepEqual((await pin("exec")).users[0].user.exec, {
            apiVersion: "client.authentication.k8s.io/v1",
            command: join(folder, "bin/login"),
            args: ["--cluster", "main"],
            env: [{ name: "A", value: "b" }],
        });
        assert.equal((await pin("path")).users[0].user.exec.command, "aws");
        assert.deepEqual((await pin("inline")).users[0].user, {
            "client-certificate-data": "Q0VSVA==",
            "client-key-data": "S0VZ",
        });
        assert.equal((await pin("inline")).contexts[0].context.namespace, "builds");
        assert.deepEqual((await pin("nobody")).users[0].user, {});
        const again = await loadKubeconfig({
            kubeconfig: pinnedKubeconfig(await loadKubeconfig({ kubeconfig: path, context: "exec" })),
        });
        assert.equal(
            pinnedKubeconfig(again),
            pinnedKubeconfig(await loadKubeconfig({ kubeconfig: path, context: "exec" })),
        );
    });

    it("that cannot be used is refused with the cause and what to do", async () => {
        const advice = "Set the argument kubeconfig to the path or the text of a kubeconfig, or set KUBECONFIG";
        const none = join(folder, ".kube/config");
        await rejects({}, `no kubeconfig was found: ${none} does not exist. ${advice}`);
        const missing = join(folder, "missing");
        await rejects({ kubeconfig: missing }, `the kubeconfig ${missing} cannot be read: file not found. ${advice}`);
        const path = await write("one", config(["kind", "staging"]));
        await rejects(
            { kubeconfig: path },
            `the kubeconfig ${path} has no current context. Set the argument context. Its contexts are: kind, staging`,
        );
        await rejects(
            { kubeconfig: path, context: "stagin" },
            `"stagin" is not a context of the kubeconfig ${path}: did you mean staging?`,
        );
        await rejects(
            { kubeconfig: path, context: "production" },
            `"production" is not a context of the kubeconfig ${path}: must be one of kind, staging`,
        );
        await rejects(
            { kubeconfig: "a: [\nsecret: s3cret" },
            /^the argument kubeconfig is not valid: it is not YAML \(/,
        );
        await assert.rejects(
            loadKubeconfig({ kubeconfig: "a: [\nsecret: s3cret" }),
            (error: Error) => !/s3cret/.test(`${error.message}${(error.cause as Error)?.message}`),
        );
        await rejects({ kubeconfig: "\n" }, /is not valid: it has no clusters, users and contexts\. /);
        await rejects({ kubeconfig: "contexts: 3\n" }, /is not valid: contexts must be a list\. /);
        await rejects(
            { kubeconfig: "current-context: a\ncontexts: [{name: a, context: {cluster: gone}}]" },
            "the argument kubeconfig is not valid: the context a names the cluster gone, which is not in it",
        );
        await rejects(
            { kubeconfig: config(["a"], "current-context: a").replace("https://a.example:6443", "a.example") },
            /the server of the cluster a must be a URL, for example https:/,
        );
    });
});
