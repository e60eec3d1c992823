import * as pulumi from "@pulumi/pulumi";
import * as buildx from "pulumi-buildx";

const config = new pulumi.Config();

// Set on the machine that the cache moves to: `pulumi config set restoreFrom moved-cache.tar.zst`
const restoreFrom = config.get("restoreFrom");

const endpoint = config.get("endpoint"); // the other engine. Default: the engine of the docker CLI
const state = new buildx.BuildKitState("cache", {
    builderName: "moved-cache",
    ...(endpoint && { endpoint }),
    ...(restoreFrom && { restoreFrom }),
});
const builder = new buildx.BuildxBuilder("builder", { state });

// Each new value of `pulumi config set archive …` writes the archive again.
const archive = config.get("archive");
const written =
    archive &&
    new buildx.BuildKitStateArchive(
        "archive",
        { state, to: "moved-cache.tar.zst", triggers: [archive] },
        { dependsOn: [builder] },
    );

export const name = builder.name;
export const location = written && written.location;
